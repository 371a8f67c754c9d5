package sockaddr

func (a *Addr) padPacket() int { return int(a.n) }
