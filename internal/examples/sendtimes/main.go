// Command sendtimes sends a UDP datagram and shows when it passed: into the kernel's queue, and to
// the device. Documentation/networking/timestamping.rst.
//
//	go run ./internal/examples/sendtimes 127.0.0.1:9
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// The kinds of times, SCM_TSTAMP_SND and SCM_TSTAMP_SCHED of linux/errqueue.h.
var kinds = map[uint32]string{0: "to the device", 1: "to the queue"}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: sendtimes ADDRESS:PORT")
	}
	if err := send(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func send(ctx context.Context, at string) error {
	to, err := sockaddr.Parse(at)
	if err != nil {
		return err
	}
	s, err := socket.New(to.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.SetParams(socket.Params{ReceiveTimeout: 5 * time.Second}); err != nil {
		return err
	}
	err = sockopt.SOTimestamping.Set(s, sockopt.TimestampingTxSoftware|sockopt.TimestampingTxSched|
		sockopt.TimestampingSoftware|sockopt.TimestampingOptTsOnly|sockopt.TimestampingOptID)
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := s.SendTo(ctx, []byte("when?"), to, 0); err != nil {
		return err
	}
	for range kinds {
		room := make([]byte, cmsg.SCMTimestamping.Space()+cmsg.IPError.Space())
		m := socket.Message{Control: room}
		if err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE); err != nil {
			return err
		}
		times, ok := cmsg.SCMTimestamping.Find(m.Control[:m.NControl])
		which, known := cmsg.IPError.Find(m.Control[:m.NControl])
		if !ok || !known {
			return fmt.Errorf("something else: %x", m.Control[:m.NControl])
		}
		after := times.Software.Sub(began)
		fmt.Printf("datagram %d %s after %v\n", which.Data, kinds[which.Info], after)
	}
	return nil
}
