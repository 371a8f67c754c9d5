// Package tcp makes TCP connections in two lines. They come as two ports of package ports, one for
// each direction.
//
//	in, out, err := tcp.Dial(ctx, "www.example.org", "http", nil)
//
//	l, err := tcp.Listen(ctx, "4242", nil)
//	in, out, err := l.Accept(ctx)
//
// [Config] has the options: a host to listen at, a backlog, a local port to connect from, timeouts
// and buffers, options that are set before a socket is bound or connected. Sockets of other
// protocols, or that are made in other ways, become ports by [ports.New]. A nil context is the
// background.
//
// # Coming from CHICKEN, Racket, Guile or MIT Scheme
//
// Each procedure of their manuals, and what does its work here. Where Scheme has #f for none, here
// it is the zero value; where it has a parameter, a field of one of the Params; where it signals a
// condition, an error, whose kind [errors.Is] finds: (exn i/o net timeout) is socket.ErrTimeout,
// (exn i/o net transient) socket.ErrTransient, (exn i/o net unsupported) socket.ErrUnsupported.
// Timeouts are durations, not milliseconds. The backlog is the system's maximum by default. Lines
// are translated by ReadLine, WriteLine and their kin alone, not by every call as in MIT Scheme.
// Between AcceptReady and Accept a client may vanish, and Accept would wait: TryAccept does not.
// After a timeout a binary.Read is out of step, since it does not say what it has read; ReadFull
// does. Output is not buffered at first, as Racket's is.
//
// CHICKEN's tcp:
//
//	tcp-listen           tcp.Listen, tcp.Config.Backlog (100 there), tcp.Config.Host
//	tcp-listener?        the type tcp.Listener
//	tcp-close            tcp.Listener.Close
//	tcp-accept           tcp.Listener.Accept
//	tcp-accept-ready?    tcp.Listener.AcceptReady, then tcp.Listener.TryAccept
//	tcp-listener-port    tcp.Listener.Port
//	tcp-listener-fileno  tcp.Listener.Sockets and socket.Socket.FD
//	tcp-connect          tcp.Dial
//	tcp-addresses        ports.Addresses
//	tcp-port-numbers     ports.PortNumbers
//	tcp-abandon-port     ports.InputPort.Abandon, ports.OutputPort.Abandon
//	tcp-buffer-size      ports.Params.SendBufferSize in tcp.Config.Ports
//	tcp-read-timeout     socket.Params.ReceiveTimeout in tcp.Config.Socket
//	tcp-write-timeout    socket.Params.SendTimeout in tcp.Config.Socket
//	tcp-connect-timeout  socket.Params.ConnectTimeout in tcp.Config.Socket
//	tcp-accept-timeout   socket.Params.AcceptTimeout in tcp.Config.Socket
//	read-line            ports.InputPort.ReadLine, ports.InputPort.ReadLineBytes
//	write-line           ports.OutputPort.WriteLine, ports.OutputPort.WriteLineBytes
//	flush-output         ports.OutputPort.Flush
//	close-input-port     ports.InputPort.Close
//	close-output-port    ports.OutputPort.Close
//
// CHICKEN's socket egg:
//
//	socket                       socket.New
//	socket?                      the type socket.Socket
//	socket-fileno                socket.Socket.FD
//	socket-family                socket.Socket.Family
//	socket-type                  socket.Socket.Type
//	socket-protocol              socket.Socket.Protocol
//	af/inet ...                  constants.AF_INET ...
//	integer->address-family      constants.Family.String
//	address-family->integer      constants.ParseFamily
//	sock/stream ...              constants.SOCK_STREAM ...
//	integer->socket-type         constants.SocketType.String
//	socket-type->integer         constants.ParseSocketType
//	ipproto/tcp ...              constants.IPPROTO_TCP ...
//	integer->protocol-type       constants.Protocol.String
//	protocol-type->integer       constants.ParseProtocol
//	sockaddr                     the type sockaddr.Addr
//	sockaddr?                    sockaddr.Addr.IsValid
//	sockaddr-family              sockaddr.Addr.Family
//	sockaddr-address             sockaddr.Addr.Address
//	sockaddr-port                sockaddr.Addr.Port
//	sockaddr-path                sockaddr.Addr.Path
//	sockaddr->string             sockaddr.Addr.String
//	inet-address                 sockaddr.Inet; with #f sockaddr.InetAny
//	unix-address                 sockaddr.Unix
//	address-information          addrinfo.Lookup; its keywords are addrinfo.Hints
//	ai/passive ...               constants.AI_PASSIVE ...
//	addrinfo, addrinfo?          the type addrinfo.Info
//	addrinfo-family              addrinfo.Info.Family
//	addrinfo-socktype            addrinfo.Info.Type
//	addrinfo-protocol            addrinfo.Info.Protocol
//	addrinfo-address             addrinfo.Info.Addr
//	addrinfo-canonname           addrinfo.Info.CanonName
//	addrinfo-flags               addrinfo.Info.Flags
//	name-information             addrinfo.NameInfo
//	ni/numerichost ...           constants.NI_NUMERICHOST ...
//	socket-connect               socket.Socket.Connect
//	socket-connect/ai            addrinfo.Connect
//	socket-bind                  socket.Socket.Bind
//	socket-listen                socket.Socket.Listen
//	socket-accept                socket.Socket.Accept
//	socket-accept-ready?         socket.Socket.AcceptReady, then socket.Socket.TryAccept
//	socket-shutdown              socket.Socket.Shutdown
//	shut/rd ...                  constants.SHUT_RD ...
//	socket-close, socket-close*  socket.Socket.Close; for the second, ignore its error
//	socket-name                  socket.Socket.Name
//	socket-peer-name             socket.Socket.PeerName
//	socket-receive!              socket.Socket.Receive; start and end are those of a slice
//	socket-receive               socket.Socket.Receive
//	socket-receive-ready?        socket.Socket.ReceiveReady
//	socket-receive-from!         socket.Socket.ReceiveFrom
//	socket-receive-from          socket.Socket.ReceiveFrom
//	socket-send                  socket.Socket.Send
//	socket-send-to               socket.Socket.SendTo
//	socket-send-all              socket.Socket.SendAll
//	socket-i/o-ports             ports.New
//	socket-i/o-port->socket      ports.InputPort.Socket, ports.OutputPort.Socket
//	port->fileno                 socket.Socket.FD of that
//	socket-abandon-port          ports.InputPort.Abandon, ports.OutputPort.Abandon
//	socket-connect-timeout       socket.Params.ConnectTimeout
//	socket-accept-timeout        socket.Params.AcceptTimeout
//	socket-receive-timeout       socket.Params.ReceiveTimeout
//	socket-send-timeout          socket.Params.SendTimeout
//	socket-send-size             socket.Params.SendSize
//	socket-send-buffer-size      ports.Params.SendBufferSize
//	socket-receive-buffer-size   ports.Params.ReceiveBufferSize
//	so-reuse-address?            sockopt.SOReuseAddress
//	so-debug?                    sockopt.SODebug
//	so-keep-alive?               sockopt.SOKeepAlive
//	so-dont-route?               sockopt.SODontRoute
//	so-broadcast?                sockopt.SOBroadcast
//	so-oob-inline?               sockopt.SOOOBInline
//	so-accept-connections?       sockopt.SOAcceptConnections
//	so-send-buffer               sockopt.SOSendBuffer
//	so-receive-buffer            sockopt.SOReceiveBuffer
//	so-send-low-water            sockopt.SOSendLowWater
//	so-receive-low-water         sockopt.SOReceiveLowWater
//	so-error                     sockopt.SOError
//	so-type                      sockopt.SOType
//	tcp-no-delay?                sockopt.TCPNoDelay
//	tcp-no-push?                 sockopt.TCPNoPush
//	tcp-no-options?              sockopt.TCPNoOptions
//	tcp-keep-alive               sockopt.TCPKeepAlive
//	tcp-max-segment-size         sockopt.TCPMaxSegmentSize
//	ip-header-included?          sockopt.IPHeaderIncluded
//	ip-type-of-service           sockopt.IPTypeOfService
//	ip-time-to-live              sockopt.IPTimeToLive
//	ipv6-v6-only?                sockopt.IPv6V6Only
//	set-socket-option            sockopt.SetInt, sockopt.SetBytes
//	get-socket-option            sockopt.GetInt, sockopt.GetBytes
//	sol/socket ...               constants.SOL_SOCKET ...
//	so/reuseaddr ...             constants.SO_REUSEADDR ...
//	tcp/nodelay ...              constants.TCP_NODELAY ...
//	ip/ttl ...                   constants.IP_TTL ...
//
// Racket:
//
//	tcp-listen                tcp.Listen, with Backlog, NoReuseAddress and Host of tcp.Config
//	tcp-connect               tcp.Dial, tcp.Config.LocalHost, tcp.Config.LocalPort
//	tcp-accept                tcp.Listener.Accept
//	tcp-connect/enable-break  the context of tcp.Dial
//	tcp-accept/enable-break   the context of tcp.Listener.Accept
//	tcp-accept-ready?         tcp.Listener.AcceptReady, then tcp.Listener.TryAccept
//	tcp-close                 tcp.Listener.Close; a second time it is no error
//	tcp-listener?             the type tcp.Listener
//	tcp-port?                 the types ports.InputPort and ports.OutputPort
//	tcp-accept-evt            tcp.Listener.Ready, then tcp.Listener.TryAccept
//	tcp-abandon-port          ports.OutputPort.Abandon, then ports.OutputPort.Close
//	tcp-addresses             ports.Addresses, ports.PortNumbers, tcp.Listener.Addrs
//	file-stream-buffer-mode   ports.OutputPort.SetBuffering, ports.InputPort.SetBufferSize
//	close-input-port          ports.InputPort.Close
//	close-output-port         ports.OutputPort.Close
//	make-custodian            new(ports.Custodian), ports.NewCustodian
//	current-custodian         tcp.Config.Custodian; ports.Custodian.Add
//	custodian-shutdown-all    ports.Custodian.Close
//
// Guile:
//
//	socket                socket.New
//	socketpair            socket.Pair
//	getsockopt            sockopt.GetInt, or the option's Get: sockopt.SOLinger and so on
//	setsockopt            sockopt.SetInt, or the option's Set
//	shutdown              socket.Socket.Shutdown
//	connect               socket.Socket.Connect
//	bind                  socket.Socket.Bind
//	INADDR_ANY ...        sockaddr.Any4, sockaddr.Broadcast4, sockaddr.Loopback4 and so on
//	listen                socket.Socket.Listen
//	accept                socket.Socket.Accept
//	sockaddr:fam          sockaddr.Addr.Family
//	sockaddr:path         sockaddr.Addr.Path
//	sockaddr:addr         sockaddr.Addr.IP
//	sockaddr:port         sockaddr.Addr.Port
//	getsockname           socket.Socket.Name
//	getpeername           socket.Socket.PeerName
//	recv!                 socket.Socket.Receive
//	send                  socket.Socket.Send
//	recvfrom!             socket.Socket.ReceiveFrom
//	sendto                socket.Socket.SendTo
//	MSG_OOB ...           constants.MSG_OOB ...
//	htons                 constants.Htons
//	ntohs                 constants.Ntohs
//	htonl                 constants.Htonl
//	ntohl                 constants.Ntohl
//	uniform-vector-read!  ports.InputPort.ReadFull, then encoding/binary's Decode
//	uniform-vector-write  encoding/binary's Write to a ports.OutputPort
//	setvbuf               ports.OutputPort.SetBuffering, ports.InputPort.SetBufferSize
//	close-port            socket.Socket.Close
//	getprotobyname        addrinfo.ProtocolByName
//
// MIT Scheme:
//
//	open-tcp-stream-socket        tcp.DialDuplex
//	open-tcp-server-socket        tcp.Listen; its address tcp.Config.Host
//	allocate-host-address         the type sockaddr.Addr, whose values need no room
//	host-address-any              sockaddr.Any4; in tcp.Config.Host an empty string
//	tcp-server-connection-accept  tcp.Listener.AcceptDuplex, without block? tcp.Listener.TryAccept
//	  its peer-address            ports.Addresses, ports.PortNumbers
//	  its line-translation        ports.Params.LineEnding ("\r\n" there) by tcp.Listener.SetParams
//	close-tcp-server-socket       tcp.Listener.Close
//	close-port                    ports.Duplex.Close
//	read-char, write-char         ports.InputPort.ReadRune, ports.OutputPort.WriteRune
package tcp
