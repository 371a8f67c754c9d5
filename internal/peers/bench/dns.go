//go:build linux

package main

import (
	"context"
	"net"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer starts a name server on the loopback interface, once, and returns its address.
var nameServer = sync.OnceValue(func() *net.UDPAddr {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback4.AsSlice()})
	if err != nil {
		panic(err)
	}
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if answer, err := answer(buf[:n]); err == nil {
				c.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr)
})

// answer answers a question for an address.
func answer(query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := p.Question()
	if err != nil {
		return nil, err
	}
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{
		ID: header.ID, Response: true, Authoritative: true,
		RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
	})
	b.StartQuestions()
	b.Question(question)
	b.StartAnswers()
	resource := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 60}
	switch question.Type {
	case dnsmessage.TypeA:
		b.AResource(resource, dnsmessage.AResource{A: [4]byte{127, 0, 0, 5}})
	case dnsmessage.TypeAAAA:
		b.AAAAResource(resource, dnsmessage.AAAAResource{AAAA: [16]byte{15: 1}})
	}
	return b.Finish()
}

// resolver returns package net's own resolver, which asks nameServer.
func (b *bench) resolver() *net.Resolver {
	addr := nameServer()
	return &net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return net.DialUDP("udp4", nil, addr)
		}}
}
