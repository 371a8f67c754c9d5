package testenv

import (
	"fmt"
	"os"
)

// descriptors adds what proc(5) shows of this process's open files. The runtime's poller opens an epoll
// instance and an eventfd on first use and keeps them.
func descriptors(s map[string]string) {
	const dir = "/proc/self/fd/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // no procfs
	}
	for _, e := range entries {
		target, err := os.Readlink(dir + e.Name())
		if err != nil || target == "anon_inode:[eventpoll]" || target == "anon_inode:[eventfd]" {
			continue // closed meanwhile, as ReadDir's own is
		}
		s[e.Name()+" "+target] = fmt.Sprintf("descriptor %s: %s\n", e.Name(), target)
	}
}

// threads adds the network namespaces that threads are in.
func threads(s map[string]string) {
	const dir = "/proc/self/task/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if ns, err := os.Readlink(dir + e.Name() + "/ns/net"); err == nil {
			s[ns] = fmt.Sprintf("thread %s: in the network namespace %s\n", e.Name(), ns)
		}
	}
}
