package ports_test

import (
	"context"
	"fmt"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// One goroutine that serves several ports. A port with bytes in its buffer is ready though its
// socket is not: who asks the sockets alone waits for what has come already. So what is buffered is
// read first, without another wait.
func ExampleInputPort_Buffered() {
	const clients = 2
	var ins [clients]*ports.InputPort
	var peers [clients]*socket.Socket
	items := make([]socket.PollItem, clients)
	for i := range ins {
		s, peer, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		in, out, err := ports.New(s, ports.DefaultParams())
		if err != nil {
			fmt.Println(err)
			return
		}
		defer out.Close()
		defer in.Close()
		ins[i], peers[i] = in, peer
		items[i] = socket.PollItem{Socket: s, Events: socket.PollIn}
	}
	peers[0].Send(context.Background(), []byte("one\ntwo\nthree\n"), 0)
	peers[1].Send(context.Background(), []byte("four\n"), 0)
	for _, peer := range peers {
		peer.Close()
	}

	for open := clients; open > 0; {
		if _, err := socket.Poll(context.Background(), items, -1); err != nil {
			fmt.Println(err)
			return
		}
		for i, in := range ins {
			if items[i].Ready == 0 {
				continue
			}
			for { // at least once, and then as long as there is more in the buffer
				line, err := in.ReadLine()
				if err != nil {
					items[i].Socket = nil
					open--
					break
				}
				fmt.Println(i, line)
				if in.Buffered() == 0 {
					break
				}
			}
		}
	}
	// Output:
	// 0 one
	// 0 two
	// 0 three
	// 1 four
}
