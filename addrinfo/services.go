package addrinfo

import (
	_ "embed"
	"errors"
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

// Protocol is an entry of the protocols database, protocols(5): struct
// protoent.
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
	byName map[serviceName]*Service
	byPort map[servicePort]*Service
}

type protocols struct {
	byName   map[string]*Protocol
	byNumber map[constants.Protocol]*Protocol
}

var (
	//go:embed services.txt
	wellKnownServices string
	//go:embed protocols.txt
	wellKnownProtocols string

	builtinServices  = sync.OnceValue(func() *services { return parseServices(wellKnownServices) })
	builtinProtocols = sync.OnceValue(func() *protocols { return parseProtocols(wellKnownProtocols) })
)

func (r *Resolver) services() *services {
	return r.servicesDB.get(r.ServicesFile, servicesFile, parseServices, builtinServices)
}

func (r *Resolver) protocols() *protocols {
	return r.protocolsDB.get(r.ProtocolsFile, protocolsFile, parseProtocols, builtinProtocols)
}

// ServiceByName returns the first entry of the services database with the
// name, or alias, and protocol. It wraps getservbyname(3). An empty protocol
// is any. Names are told apart by case, as by the C library. The error is an
// *Error with EAI_SERVICE.
func (r *Resolver) ServiceByName(name, protocol string) (Service, error) {
	if s := r.services().byName[serviceName{name, protocol}]; s != nil {
		return *s, nil
	}
	return Service{}, unknown(constants.EAI_SERVICE, opService, name, protocol)
}

// ServiceByPort returns the first entry of the services database with the port
// and protocol. It wraps getservbyport(3). An empty protocol is any. The error
// is an *Error with EAI_SERVICE.
func (r *Resolver) ServiceByPort(port int, protocol string) (Service, error) {
	if s := r.services().byPort[servicePort{port, protocol}]; s != nil {
		return *s, nil
	}
	return Service{}, unknown(constants.EAI_SERVICE, opService, strconv.Itoa(port), protocol)
}

// ProtocolByName returns the first entry of the protocols database with the
// name or alias: "tcp", "ipv6-icmp". It wraps getprotobyname(3). Names are told
// apart by case, as by the C library. The error is an *Error with EAI_NONAME.
func (r *Resolver) ProtocolByName(name string) (Protocol, error) {
	if p := r.protocols().byName[name]; p != nil {
		return *p, nil
	}
	return Protocol{}, unknown(constants.EAI_NONAME, opProtocol, name, "")
}

// ProtocolByNumber returns the first entry of the protocols database with the
// number. It wraps getprotobynumber(3). The error is an *Error with EAI_NONAME.
func (r *Resolver) ProtocolByNumber(number constants.Protocol) (Protocol, error) {
	if p := r.protocols().byNumber[number]; p != nil {
		return *p, nil
	}
	return Protocol{}, unknown(constants.EAI_NONAME, opProtocol, strconv.Itoa(int(number)), "")
}

func unknown(code constants.EAI, op, name, protocol string) error {
	if protocol != "" {
		name += "/" + protocol
	}
	return (&Error{Code: code, Err: errNotListed}).of(op, "", name)
}

var errNotListed = errors.New("not in the database")

// parseServices reads the form of services(5): a name, a port and a protocol
// with a slash between, aliases; # starts a comment. Lines of another form are
// passed over.
func parseServices(text string) *services {
	db := &services{map[serviceName]*Service{}, map[servicePort]*Service{}}
	for words := range entries(text) {
		port, protocol, _ := strings.Cut(words[1], "/")
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || protocol == "" {
			continue
		}
		s := &Service{Name: words[0], Aliases: words[2:], Port: int(n), Protocol: protocol}
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

// parseProtocols reads the form of protocols(5): a name, a number, aliases; #
// starts a comment. Lines of another form are passed over.
func parseProtocols(text string) *protocols {
	db := &protocols{map[string]*Protocol{}, map[constants.Protocol]*Protocol{}}
	for words := range entries(text) {
		n, err := strconv.ParseUint(words[1], 10, 31)
		if err != nil {
			continue
		}
		p := &Protocol{Name: words[0], Aliases: words[2:], Number: constants.Protocol(n)}
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
