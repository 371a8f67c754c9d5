package socket

import "sync/atomic"

// CountFull counts from now on how often a send on a message socket finds no room, of the families
// for which that is decided case by case, until restore is called.
func CountFull() (count *atomic.Int64, restore func()) {
	count = new(atomic.Int64)
	before := fullness
	for i := range fullness {
		if when := fullness[i].when; when != nil {
			fullness[i].when = func(s *Socket, sysfd int, addressed bool) bool {
				count.Add(1)
				return when(s, sysfd, addressed)
			}
		}
	}
	return count, func() { fullness = before }
}
