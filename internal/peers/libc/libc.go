//go:build linux && cgo

package libc

/*
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netdb.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
static const char *version(void) { return gnu_get_libc_version(); }
#else
static const char *version(void) { return ""; }
#endif

static int lookup(const char *node, const char *service, int family, int type,
		int protocol, int flags, struct addrinfo **res) {
	struct addrinfo hints;
	memset(&hints, 0, sizeof hints);
	hints.ai_family = family;
	hints.ai_socktype = type;
	hints.ai_protocol = protocol;
	hints.ai_flags = flags;
	return getaddrinfo(node, service, &hints, res);
}
*/
import "C"

import (
	"unsafe"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Version is that of glibc, "2.36", or empty for another C library.
func Version() string { return C.GoString(C.version()) }

// Lookup is getaddrinfo. The code is 0 for success. Empty strings are null
// pointers.
func Lookup(node, service string, h addrinfo.Hints) ([]addrinfo.Info, constants.EAI) {
	cnode, cservice := cString(node), cString(service)
	defer C.free(unsafe.Pointer(cnode))
	defer C.free(unsafe.Pointer(cservice))
	var list *C.struct_addrinfo
	code := C.lookup(cnode, cservice, C.int(h.Family), C.int(h.Type), C.int(h.Protocol),
		C.int(h.Flags), &list)
	if code != 0 {
		return nil, constants.EAI(code)
	}
	defer C.freeaddrinfo(list)
	var infos []addrinfo.Info
	for ai := list; ai != nil; ai = ai.ai_next {
		addr, err := sockaddr.FromRaw(C.GoBytes(unsafe.Pointer(ai.ai_addr), C.int(ai.ai_addrlen)))
		if err != nil {
			panic(err)
		}
		infos = append(infos, addrinfo.Info{
			Family:    constants.Family(ai.ai_family),
			Type:      constants.SocketType(ai.ai_socktype),
			Protocol:  constants.Protocol(ai.ai_protocol),
			Flags:     constants.AddrInfoFlag(ai.ai_flags),
			Addr:      addr,
			CanonName: C.GoString(ai.ai_canonname),
		})
	}
	return infos, 0
}

// NameInfo is getnameinfo.
func NameInfo(addr sockaddr.Addr,
	flags constants.NameInfoFlag) (node, service string, code constants.EAI) {
	var host [C.NI_MAXHOST]C.char
	var serv [C.NI_MAXHOST]C.char // a UNIX path is longer than NI_MAXSERV
	raw := append(addr.Raw(), 0)  // never empty
	n := C.getnameinfo((*C.struct_sockaddr)(unsafe.Pointer(&raw[0])), C.socklen_t(len(raw)-1),
		&host[0], C.socklen_t(len(host)), &serv[0], C.socklen_t(len(serv)), C.int(flags))
	if n != 0 {
		return "", "", constants.EAI(n)
	}
	return C.GoString(&host[0]), C.GoString(&serv[0]), 0
}

// ServiceByName is getservbyname. An empty protocol is a null pointer. The C
// functions of the databases keep their results in one place: they must not be
// called at the same time.
func ServiceByName(name, protocol string) (addrinfo.Service, bool) {
	cname, cprotocol := C.CString(name), cString(protocol)
	defer C.free(unsafe.Pointer(cname))
	defer C.free(unsafe.Pointer(cprotocol))
	return service(C.getservbyname(cname, cprotocol))
}

// ServiceByPort is getservbyport.
func ServiceByPort(port int, protocol string) (addrinfo.Service, bool) {
	cprotocol := cString(protocol)
	defer C.free(unsafe.Pointer(cprotocol))
	return service(C.getservbyport(C.int(constants.Htons(uint16(port))), cprotocol))
}

func service(s *C.struct_servent) (addrinfo.Service, bool) {
	if s == nil {
		return addrinfo.Service{}, false
	}
	return addrinfo.Service{
		Name: C.GoString(s.s_name), Aliases: list(s.s_aliases),
		Port: int(constants.Ntohs(uint16(s.s_port))), Protocol: C.GoString(s.s_proto),
	}, true
}

// ProtocolByName is getprotobyname.
func ProtocolByName(name string) (addrinfo.Protocol, bool) {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	return protocol(C.getprotobyname(cname))
}

// ProtocolByNumber is getprotobynumber.
func ProtocolByNumber(number constants.Protocol) (addrinfo.Protocol, bool) {
	return protocol(C.getprotobynumber(C.int(number)))
}

func protocol(p *C.struct_protoent) (addrinfo.Protocol, bool) {
	if p == nil {
		return addrinfo.Protocol{}, false
	}
	return addrinfo.Protocol{Name: C.GoString(p.p_name), Aliases: list(p.p_aliases),
		Number: constants.Protocol(p.p_proto)}, true
}

// list is a C array of strings that ends in a null pointer.
func list(p **C.char) (all []string) {
	for ; *p != nil; p = (**C.char)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(*p))) {
		all = append(all, C.GoString(*p))
	}
	return all
}

func cString(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}
