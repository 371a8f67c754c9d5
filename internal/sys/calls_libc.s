//go:build darwin || openbsd

// For each function of the C library a jump to it, and the address of that; see calls_libc.go.

#include "textflag.h"

#ifdef GOARCH_386
#define SIZE 4
#endif
#ifdef GOARCH_arm
#define SIZE 4
#endif
#ifndef SIZE
#define SIZE 8
#endif

#ifdef GOARCH_ppc64
#define GO(function) CALL function; RET
#else
#define GO(function) JMP function
#endif

#ifdef GOOS_darwin
TEXT accept_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_accept(SB))
GLOBL ·callAccept(SB), RODATA, $SIZE
DATA ·callAccept(SB)/SIZE, $accept_trampoline<>(SB)
#endif

#ifdef GOOS_openbsd
TEXT accept4_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_accept4(SB))
GLOBL ·callAccept4(SB), RODATA, $SIZE
DATA ·callAccept4(SB)/SIZE, $accept4_trampoline<>(SB)
#endif

TEXT bind_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_bind(SB))
GLOBL ·callBind(SB), RODATA, $SIZE
DATA ·callBind(SB)/SIZE, $bind_trampoline<>(SB)

TEXT connect_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_connect(SB))
GLOBL ·callConnect(SB), RODATA, $SIZE
DATA ·callConnect(SB)/SIZE, $connect_trampoline<>(SB)

TEXT getpeername_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_getpeername(SB))
GLOBL ·callGetpeername(SB), RODATA, $SIZE
DATA ·callGetpeername(SB)/SIZE, $getpeername_trampoline<>(SB)

TEXT getsockname_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_getsockname(SB))
GLOBL ·callGetsockname(SB), RODATA, $SIZE
DATA ·callGetsockname(SB)/SIZE, $getsockname_trampoline<>(SB)

TEXT recvfrom_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_recvfrom(SB))
GLOBL ·callRecvfrom(SB), RODATA, $SIZE
DATA ·callRecvfrom(SB)/SIZE, $recvfrom_trampoline<>(SB)

TEXT recvmsg_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_recvmsg(SB))
GLOBL ·callRecvmsg(SB), RODATA, $SIZE
DATA ·callRecvmsg(SB)/SIZE, $recvmsg_trampoline<>(SB)

TEXT sendmsg_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_sendmsg(SB))
GLOBL ·callSendmsg(SB), RODATA, $SIZE
DATA ·callSendmsg(SB)/SIZE, $sendmsg_trampoline<>(SB)

TEXT sendto_trampoline<>(SB), NOSPLIT, $0-0
	GO(libc_sendto(SB))
GLOBL ·callSendto(SB), RODATA, $SIZE
DATA ·callSendto(SB)/SIZE, $sendto_trampoline<>(SB)
