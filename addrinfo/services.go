package addrinfo

import (
	_ "embed"
	"errors"
	"iter"
	"strconv"
	"strings"
	"sync"

	"example.com/bsdsocket/constants"
)

// Service is an entry of the services database, services(5): struct servent.
type Service struct {
	Name     string   // the official name
	Aliases  []string // shared with the database: not to be written to
	Port     int      // 0..65535
	Protocol string   // "tcp", "udp", "sctp", "dccp" ...
}

// Protocol is an entry of the protocols database, protocols(5): struct protoent.
type Protocol struct {
	Name    string   // the official name
	Aliases []string // shared with the database: not to be written to
	Number  constants.Protocol
}

type serviceName struct{ name, protocol string }

type servicePort struct {
	port     int
	protocol string
}

type services struct {
	all    []*Service
	byName map[serviceName]*Service
	byPort map[servicePort]*Service
}

type protocols struct {
	all      []*Protocol
	byName   map[string]*Protocol
	byNumber map[constants.Protocol]*Protocol
}

var (
	//go:embed services.txt
	wellKnownServices string
	//go:embed protocols.txt
	wellKnownProtocols string

	builtinServices  = sync.OnceValue(func() *services { return parseServices(wellKnownServices) })
	builtinProtocols = sync.OnceValue(func() *protocols {
		return parseProtocols(wellKnownProtocols)
	})
)

func (r *Resolver) services() (*services, *Error) {
	return r.servicesDB.get(r.ServicesFile, servicesFile, parseServices, builtinServices)
}

func (r *Resolver) protocols() (*protocols, *Error) {
	return r.protocolsDB.get(r.ProtocolsFile, protocolsFile, parseProtocols, builtinProtocols)
}

// ServiceByName returns the first entry of the services database with the name, or alias, and
// protocol. It wraps getservbyname(3). An empty protocol is any. Names are told apart by case, as
// by the C library. The error is an *Error: with EAI_SERVICE if there is none, with EAI_SYSTEM if
// the file cannot be read.
func (r *Resolver) ServiceByName(name, protocol string) (Service, error) {
	db, err := r.services()
	if err != nil {
		return Service{}, err.of("service by name", "", named(name, protocol))
	}
	if s := db.byName[serviceName{name, protocol}]; s != nil {
		return *s, nil
	}
	return Service{},
		unlisted(constants.EAI_SERVICE).of("service by name", "", named(name, protocol))
}

// ServiceByPort returns the first entry of the services database with the port and protocol. It
// wraps getservbyport(3). An empty protocol is any. The errors are those of ServiceByName.
func (r *Resolver) ServiceByPort(port int, protocol string) (Service, error) {
	db, err := r.services()
	if err != nil {
		return Service{}, err.of("service by port", "", named(strconv.Itoa(port), protocol))
	}
	if s := db.byPort[servicePort{port, protocol}]; s != nil {
		return *s, nil
	}
	return Service{}, unlisted(constants.EAI_SERVICE).of("service by port", "",
		named(strconv.Itoa(port), protocol))
}

// Services returns the entries of the services database, in the order of the file. It wraps
// getservent(3), setservent(3) and endservent(3). If the file cannot be read, the only pair has an
// *Error with EAI_SYSTEM.
func (r *Resolver) Services() iter.Seq2[Service, error] {
	return func(yield func(Service, error) bool) {
		db, err := r.services()
		if err != nil {
			yield(Service{}, err.of("services", "", ""))
			return
		}
		for _, s := range db.all {
			if !yield(*s, nil) {
				return
			}
		}
	}
}

// ProtocolByName returns the first entry of the protocols database with the name or alias: "tcp",
// "ipv6-icmp". It wraps getprotobyname(3). Names are told apart by case, as by the C library. The
// error is an *Error: with EAI_NONAME if there is none, with EAI_SYSTEM if the file cannot be read.
func (r *Resolver) ProtocolByName(name string) (Protocol, error) {
	db, err := r.protocols()
	if err != nil {
		return Protocol{}, err.of("protocol by name", "", name)
	}
	if p := db.byName[name]; p != nil {
		return *p, nil
	}
	return Protocol{}, unlisted(constants.EAI_NONAME).of("protocol by name", "", name)
}

// ProtocolByNumber returns the first entry of the protocols database with the number. It wraps
// getprotobynumber(3). The errors are those of ProtocolByName.
func (r *Resolver) ProtocolByNumber(number constants.Protocol) (Protocol, error) {
	db, err := r.protocols()
	if err != nil {
		return Protocol{}, err.of("protocol by number", "", strconv.Itoa(int(number)))
	}
	if p := db.byNumber[number]; p != nil {
		return *p, nil
	}
	return Protocol{},
		unlisted(constants.EAI_NONAME).of("protocol by number", "", strconv.Itoa(int(number)))
}

// Protocols returns the entries of the protocols database, in the order of the file. It wraps
// getprotoent(3), setprotoent(3) and endprotoent(3). If the file cannot be read, the only pair has
// an *Error with EAI_SYSTEM.
func (r *Resolver) Protocols() iter.Seq2[Protocol, error] {
	return func(yield func(Protocol, error) bool) {
		db, err := r.protocols()
		if err != nil {
			yield(Protocol{}, err.of("protocols", "", ""))
			return
		}
		for _, p := range db.all {
			if !yield(*p, nil) {
				return
			}
		}
	}
}

// named is a service as it stands in an error.
func named(name, protocol string) string {
	if protocol != "" {
		name += "/" + protocol
	}
	return name
}

func unlisted(code constants.EAI) *Error { return &Error{Code: code, Err: errNotListed} }

var errNotListed = errors.New("not in the database")

// parseServices reads the form of services(5): a name, a port and a protocol with a slash between,
// aliases; # starts a comment. Lines of another form are passed over.
func parseServices(text string) *services {
	db := &services{byName: map[serviceName]*Service{}, byPort: map[servicePort]*Service{}}
	for words := range entries(text) {
		port, protocol, _ := strings.Cut(words[1], "/")
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || protocol == "" {
			continue
		}
		s := &Service{Name: words[0], Aliases: words[2:], Port: int(n), Protocol: protocol}
		db.all = append(db.all, s)
		for _, protocol := range [...]string{protocol, ""} {
			add(db.byPort, servicePort{s.Port, protocol}, s)
			for i, name := range words {
				if i != 1 {
					add(db.byName, serviceName{name, protocol}, s)
				}
			}
		}
	}
	return db
}

// parseProtocols reads the form of protocols(5): a name, a number, aliases; # starts a comment.
// Lines of another form are passed over.
func parseProtocols(text string) *protocols {
	db := &protocols{byName: map[string]*Protocol{}, byNumber: map[constants.Protocol]*Protocol{}}
	for words := range entries(text) {
		n, err := strconv.ParseUint(words[1], 10, 31)
		if err != nil {
			continue
		}
		p := &Protocol{Name: words[0], Aliases: words[2:], Number: constants.Protocol(n)}
		db.all = append(db.all, p)
		add(db.byNumber, p.Number, p)
		for i, name := range words {
			if i != 1 {
				add(db.byName, name, p)
			}
		}
	}
	return db
}

// add keeps the entry that stands first in the file.
func add[K comparable, V any](m map[K]*V, key K, entry *V) {
	if _, ok := m[key]; !ok {
		m[key] = entry
	}
}

// entries yields the words of each line that has two or more.
func entries(text string) func(yield func(words []string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			if words := strings.Fields(line); len(words) >= 2 && !yield(words) {
				return
			}
		}
	}
}
