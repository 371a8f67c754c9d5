// Package packet receives from packet sockets through memory that is shared with the kernel:
// TPACKET_V3, packet(7), Documentation/networking/packet_mmap.rst, Linux 3.2. One wake-up brings a
// block of many packets, and no packet costs a system call or a copy. On other systems everything
// is [socket.ErrUnsupported].
//
// A [Receiver] is the ring of blocks of one socket. [Receiver.Next] waits for the next block, as
// all calls of this module wait: on the runtime's poller, without a thread, until a deadline, a
// timeout, a context or Close. The block is the caller's until [Block.Release]; any number may be
// out at once, and be released in any order by any goroutine.
//
// Make the socket with protocol 0, then the ring, and bind it last. A socket with a protocol
// receives from all interfaces until it is bound.
//
//	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
//	...
//	r, err := packet.NewReceiver(s, packet.Config{})
//	...
//	defer r.Close()
//	to, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: unix.ETH_P_ALL, Interface: index})
//	...
//	err = s.Bind(to)
//	...
//	for {
//		block, err := r.Next(ctx)
//		if err != nil {
//			return err
//		}
//		for p := range block.Packets() {
//			fmt.Println(p.Time(), p.Length(), p.Data())
//		}
//		block.Release()
//	}
//
// All options of the socket go on working, before and after: filters ([sockopt.AttachFilter]),
// groups of sockets that share the packets of an interface ([sockopt.PacketFanout]; each member has
// a ring of its own, one a processor, say), promiscuous mode ([sockopt.PacketAddMembership]), the
// clock of the time stamps ([sockopt.PacketTimestamp]).
//
// # What it costs
//
// A lone packet waits until the block's time is over ([Config].Timeout), which is long beside
// [socket.Socket.Receive]: for answering packets one by one that is the better choice. The memory
// of a ring is the kernel's and is charged to no process. The timer of a ring runs for as long as
// the ring lives, whether packets come or not.
package packet
