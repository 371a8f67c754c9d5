package socket

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// threadNamespace is the network namespace of the calling thread (Linux 3.17, proc(5)).
const threadNamespace = "/proc/thread-self/ns/net"

// newIn moves a thread into the namespace for as long as it takes to make the socket.
func newIn(namespace string, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (s *Socket, err error) {
	if !strings.ContainsRune(namespace, '/') {
		namespace = filepath.Join("/run/netns", namespace) // where ip-netns(8) keeps names
	}
	there, err := os.Open(namespace)
	if err != nil {
		return nil, err
	}
	defer there.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var here *os.File
		if here, err = os.Open(threadNamespace); err == nil {
			defer here.Close()
			err = sys.Setns(int(there.Fd()), sys.CloneNewNet)
		}
		if err == nil {
			s, err = create(family, typ, protocol)
			if sys.Setns(int(here.Fd()), sys.CloneNewNet) != nil {
				return // still locked to this goroutine, the thread ends with it
			}
		}
		runtime.UnlockOSThread()
	}()
	<-done
	return s, err
}
