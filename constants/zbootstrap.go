package constants

import "strconv"

type (
	Family       int
	SocketType   int
	Protocol     int
	Level        int
	OptionName   int
	MsgFlag      int
	ShutdownHow  int
	AddrInfoFlag int
	NameInfoFlag int
)

const Undefined = -1

const (
	AI_PASSIVE     AddrInfoFlag = 1
	AI_CANONNAME   AddrInfoFlag = 2
	AI_NUMERICHOST AddrInfoFlag = 4
	AI_V4MAPPED    AddrInfoFlag = 8
	AI_ALL         AddrInfoFlag = 16
	AI_ADDRCONFIG  AddrInfoFlag = 32
	AI_NUMERICSERV AddrInfoFlag = 1024
	NI_NUMERICHOST NameInfoFlag = 1
	NI_NUMERICSERV NameInfoFlag = 2
	NI_NOFQDN      NameInfoFlag = 4
	NI_NAMEREQD    NameInfoFlag = 8
	NI_DGRAM       NameInfoFlag = 16
)

func (f Family) String() string     { return "Family(" + strconv.Itoa(int(f)) + ")" }
func (t SocketType) String() string { return "SocketType(" + strconv.Itoa(int(t)) + ")" }
func (p Protocol) String() string   { return "Protocol(" + strconv.Itoa(int(p)) + ")" }
func (f Family) Defined() bool      { return f != Undefined }
