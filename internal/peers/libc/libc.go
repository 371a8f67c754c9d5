//go:build linux && cgo

package libc

/*
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netdb.h>
#include <gnu/libc-version.h>

static int lookup(const char *node, const char *service, int family, int type, int protocol, int flags, struct addrinfo **res) {
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

// Version is the C library's own.
func Version() string { return "glibc " + C.GoString(C.gnu_get_libc_version()) }

// Lookup is getaddrinfo. The code is 0 for success. Empty strings are null
// pointers.
func Lookup(node, service string, h addrinfo.Hints) ([]addrinfo.Info, constants.EAI) {
	cnode, cservice := cString(node), cString(service)
	defer C.free(unsafe.Pointer(cnode))
	defer C.free(unsafe.Pointer(cservice))
	var list *C.struct_addrinfo
	code := C.lookup(cnode, cservice, C.int(h.Family), C.int(h.Type), C.int(h.Protocol), C.int(h.Flags), &list)
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
func NameInfo(addr sockaddr.Addr, flags constants.NameInfoFlag) (node, service string, code constants.EAI) {
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

func cString(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}
