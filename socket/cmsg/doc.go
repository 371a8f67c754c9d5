// Package cmsg reads and writes control messages, the data that comes and goes beside the bytes of a socket: descriptors,
// credentials, addresses, time stamps, errors (cmsg(3)).
//
// Each kind of message is a variable of type [Kind], named like its option in package sockopt. To receive a kind, its option is
// switched on, and socket.Message.Control has room for it:
//
//	m := socket.Message{Buffers: [][]byte{b}, Control: make([]byte, cmsg.IPPacketInfo.Space()+cmsg.IPTimeToLive.Space())}
//	if err := s.ReceiveMessage(ctx, &m, 0); err != nil { ... }
//	info, ok := cmsg.IPPacketInfo.Find(m.Control[:m.NControl])
//
// [All] yields all messages in their order, with those that no Kind knows. To send, [Kind.Append] builds control data:
//
//	m.Control, err = cmsg.IPPacketInfo.Append(m.Control[:0], info)
//
// Nothing here allocates but where the doc says so. The kernel's lengths are compared, never trusted.
//
// It makes no system calls, and closes nothing: descriptors in received control data belong to whoever received it.
package cmsg
