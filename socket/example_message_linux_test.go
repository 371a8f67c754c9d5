package socket_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// A process passes an open file to another one. Here both ends are in the same process.
func ExampleSocket_SendFiles() {
	ctx := context.Background()
	parent, child, err := socket.Pair(constants.AF_UNIX, constants.SOCK_SEQPACKET, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer parent.Close()
	defer child.Close()

	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := parent.SendFiles(ctx, []byte("write here"), w); err != nil {
		log.Fatal(err)
	}
	w.Close() // the duplicate on its way stays open

	b := make([]byte, 100)
	n, files, err := child.ReceiveFiles(ctx, b, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d file\n", b[:n], len(files))
	fmt.Fprint(files[0], "hello")
	files[0].Close()

	n, err = r.Read(b)
	fmt.Printf("%s, %v\n", b[:n], err)
	r.Close()
	// Output:
	// write here: 1 file
	// hello, <nil>
}

// A server on every address of the host receives questions in batches and answers each from the
// address that was asked, as DNS demands of its servers (RFC 1035, section 7.3).
func ExampleSocket_ReceiveMessages() {
	ctx := context.Background()
	server, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	if err := sockopt.IPPacketInfo.Set(server, true); err != nil {
		log.Fatal(err)
	}
	if err := server.Bind(sockaddr.MustParse("0.0.0.0:0")); err != nil {
		log.Fatal(err)
	}
	name, err := server.Name()
	if err != nil {
		log.Fatal(err)
	}

	done := make(chan struct{})
	go func() {
		defer close(done)
		questions, answers := make([]socket.Message, 64), make([]socket.Message, 64)
		for i := range questions {
			questions[i].Buffers = [][]byte{make([]byte, 512)}
			questions[i].Control = make([]byte, cmsg.IPPacketInfo.Space())
		}
		for {
			n, err := server.ReceiveMessages(ctx, questions, 0)
			if err != nil {
				return // closed
			}
			for i, q := range questions[:n] {
				text := "answer to " + string(q.Buffers[0][:q.N])
				answers[i] = socket.Message{Addr: q.Addr, Buffers: [][]byte{[]byte(text)}}
				if info, ok := cmsg.IPPacketInfo.Find(q.Control[:q.NControl]); ok {
					answers[i].Control, _ = cmsg.IPPacketInfo.Append(nil, info)
				}
			}
			if _, err := server.SendMessages(ctx, answers[:n], 0); err != nil {
				log.Print(err)
			}
		}
	}()

	client, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for _, address := range []string{"127.0.0.1", "127.0.0.53", "127.1.2.3"} {
		to := sockaddr.MustParse(address).WithPort(name.Port())
		if _, err := client.SendTo(ctx, []byte("the question"), to, 0); err != nil {
			log.Fatal(err)
		}
		b := make([]byte, 512)
		n, from, err := client.ReceiveFrom(ctx, b, 0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s from %s\n", b[:n], from.Address())
	}
	server.Close()
	<-done
	// Output:
	// answer to the question from 127.0.0.1
	// answer to the question from 127.0.0.53
	// answer to the question from 127.1.2.3
}

// ping sends an ICMP echo request from a datagram socket, which needs no privilege where
// net.ipv4.ping_group_range allows it (icmp(7)), and returns how long the answer took, and its time
// to live.
func ping(ctx context.Context, to sockaddr.Addr) (took time.Duration, ttl int, err error) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_ICMP)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	for _, option := range []sockopt.Option[bool]{sockopt.IPReceiveTimeToLive,
		sockopt.SOTimestampNanoseconds} {
		if err := option.Set(s, true); err != nil {
			return 0, 0, err
		}
	}
	// An echo request (RFC 792): the kernel fills in the identifier and the checksum.
	request := make([]byte, 8+56)
	request[0] = 8
	binary.BigEndian.PutUint16(request[6:], 1) // sequence number
	start := time.Now()
	if _, err := s.SendTo(ctx, request, to, 0); err != nil {
		return 0, 0, err
	}
	m := socket.Message{
		Buffers: [][]byte{make([]byte, 1500)},
		Control: make([]byte, cmsg.IPTimeToLive.Space()+cmsg.SCMTimestampNanoseconds.Space()),
	}
	if err := s.ReceiveMessage(ctx, &m, 0); err != nil {
		return 0, 0, err
	}
	if m.N < 8 || m.Buffers[0][0] != 0 {
		return 0, 0, fmt.Errorf("%d bytes that are no echo reply from %v", m.N, m.Addr)
	}
	ttl, _ = cmsg.IPTimeToLive.Find(m.Control[:m.NControl])
	arrived, ok := cmsg.SCMTimestampNanoseconds.Find(m.Control[:m.NControl])
	if !ok {
		arrived = time.Now()
	}
	return arrived.Sub(start), ttl, nil
}

// Example_ping measures a round trip, with the kernel's own time of arrival and the answer's time
// to live: see ping in this file. It has no checked output, as it needs the permission; TestPing
// runs it where it has that.
func Example_ping() {
	took, ttl, err := ping(context.Background(), sockaddr.MustParse("127.0.0.1"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("answer after %v, TTL %d\n", took, ttl)
}

// TestPing runs the example (X5: time stamps, TTL).
func TestPing(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ping_group_range", "0 2147483647")
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ns.Do(func() {
		took, ttl, err := ping(limit, sockaddr.MustParse("127.0.0.1"))
		if err != nil || took <= -time.Second || took > patience || ttl != 64 {
			t.Error(took, ttl, err)
		}
	})
	ns.Sysctl("net.ipv4.ping_group_range", "1 0")
	ns.Do(func() {
		if _, _, err := ping(limit, sockaddr.MustParse("127.0.0.1")); err == nil ||
			!strings.Contains(err.Error(), "permission") {
			t.Error("without the permission:", err)
		}
	})
}

// Large sends without copying. The memory of each is the kernel's until Wait returns it.
func ExampleZeroCopy() {
	ctx := context.Background()
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	if err := l.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		log.Fatal(err)
	}
	if err := l.Listen(1); err != nil {
		log.Fatal(err)
	}
	name, _ := l.Name()
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Connect(ctx, name); err != nil {
		log.Fatal(err)
	}
	peer, _, err := l.Accept(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer peer.Close()
	go func() {
		for b := make([]byte, 1<<16); ; {
			if _, err := peer.Read(b); err != nil {
				return
			}
		}
	}()

	z, err := socket.NewZeroCopy(s)
	if err != nil {
		log.Fatal(err)
	}
	data := make([]byte, 1<<20)
	for b := data; len(b) > 0; {
		n, err := z.Send(ctx, b, 0)
		if err != nil {
			log.Fatal(err)
		}
		b = b[n:]
	}
	back := 0
	for z.Pending() > 0 {
		done, err := z.Wait(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range done {
			back += len(c.Buffer)
		}
	}
	fmt.Println(back == len(data))
	// Output: true
}
