// Package cmsg reads and writes control messages, the data that comes and goes beside the bytes of
// a socket: descriptors, credentials, addresses, time stamps, errors (cmsg(3)).
//
// Each kind of message is a variable of type [Kind], named by its constant in C with the words
// spelt out, as options are in package sockopt. To receive a kind its option is switched on, and
// socket.Message.Control has room for it:
//
//	m := socket.Message{Buffers: [][]byte{b}, Control: make([]byte, cmsg.IPPacketInfo.Space()+cmsg.IPTimeToLive.Space())}
//	if err := s.ReceiveMessage(ctx, &m, 0); err != nil { ... }
//	info, ok := cmsg.IPPacketInfo.Find(m.Control[:m.NControl])
//
// [Messages] yields all messages in their order, with those that no Kind knows. To send,
// [Kind.Append] builds control data:
//
//	m.Control, err = cmsg.IPPacketInfo.Append(m.Control[:0], info)
//
// # Kinds
//
// The variable, its name in C, the type of its values, whether it is received (in) or sent (out),
// and the options of package sockopt that bring it. Kinds without an option come or go by
// themselves.
//
//	SCMRights                            SCM_RIGHTS                  []int           both
//	SCMCredentials                       SCM_CREDENTIALS             Credentials     both  SOPassCredentials
//	SCMPIDFD                             SCM_PIDFD                   int             in    SOPassPIDFD
//	SCMSecurity                          SCM_SECURITY                string          in    SOPassSecurity, IPPassSecurity
//	SCMTimestamp                         SCM_TIMESTAMP               time.Time       in    SOTimestamp
//	SCMTimestampNanoseconds              SCM_TIMESTAMPNS             time.Time       in    SOTimestampNanoseconds
//	SCMTimestamping                      SCM_TIMESTAMPING            Timestamps      in    SOTimestamping
//	SOTimestamping                       SO_TIMESTAMPING             uint32          out
//	SCMTimestampingStatistics            SCM_TIMESTAMPING_OPT_STATS  []byte          in    SOTimestamping
//	SCMTimestampingPacketInfo            SCM_TIMESTAMPING_PKTINFO    HardwareSource  in    SOTimestamping
//	SCMTimestampID                       SCM_TS_OPT_ID               uint32          both
//	SCMTransmitTime                      SCM_TXTIME                  time.Duration   both  SOTransmitTime
//	SODropCount                          SO_RXQ_OVFL                 uint32          in    SOReceiveQueueOverflow
//	SOMark                               SO_MARK                     uint32          both  SOReceiveMark
//	SOPriority                           SO_PRIORITY                 uint32          both  SOReceivePriority
//	SCMInQueue                           SCM_INQ                     int             in    SOInQueue
//	SCMWiFiStatus                        SCM_WIFI_STATUS             bool            in    SOWiFiStatus
//	IPPacketInfo                         IP_PKTINFO                  PacketInfo      both  IPPacketInfo
//	IPv6PacketInfo                       IPV6_PKTINFO                PacketInfo      both  IPv6ReceivePacketInfo
//	IPDestinationAddress                 IP_RECVDSTADDR              netip.Addr      in    IPReceiveDestinationAddress
//	IPSourceAddress                      IP_SENDSRCADDR              netip.Addr      both
//	IPTimeToLive                         IP_TTL                      int             both  IPReceiveTimeToLive
//	IPv6HopLimit                         IPV6_HOPLIMIT               int             both  IPv6ReceiveHopLimit
//	IPTypeOfService                      IP_TOS                      int             both  IPReceiveTypeOfService
//	IPv6TrafficClass                     IPV6_TCLASS                 int             both  IPv6ReceiveTrafficClass
//	IPv6FlowInfo                         IPV6_FLOWINFO               uint32          both  IPv6FlowInfo
//	IPv6PathMTU                          IPV6_PATHMTU                PathMTU         in    IPv6ReceivePathMTU
//	IPProtocol                           IP_PROTOCOL                 int             out
//	IPChecksum                           IP_CHECKSUM                 uint32          in    IPChecksum
//	IPReceiveInterface                   IP_RECVIF                   int             in    IPReceiveInterface
//	IPFragmentSize                       IP_RECVFRAGSIZE             int             in    IPReceiveFragmentSize, IPv6ReceiveFragmentSize
//	IPOriginalDestination                IP_ORIGDSTADDR              sockaddr.Addr   in    IPReceiveOriginalDestination, IPv6ReceiveOriginalDestination
//	IPReceiveOptions                     IP_RECVOPTS                 []byte          in    IPReceiveOptions
//	IPReturnOptions                      IP_RETOPTS                  []byte          both  IPReceiveReturnOptions
//	IPv6HopByHopOptions                  IPV6_HOPOPTS                []byte          both  IPv6ReceiveHopByHopOptions
//	IPv6DestinationOptions               IPV6_DSTOPTS                []byte          both  IPv6ReceiveDestinationOptions
//	IPv6RoutingHeaderDestinationOptions  IPV6_RTHDRDSTOPTS           []byte          out
//	IPv6RoutingHeader                    IPV6_RTHDR                  []byte          both  IPv6ReceiveRoutingHeader
//	IPv6DontFragment                     IPV6_DONTFRAG               bool            out
//	IPError                              IP_RECVERR                  ExtendedError   in    IPReceiveError, IPv6ReceiveError
//	UDPSegment                           UDP_SEGMENT                 int             both
//	UDPGRO                               UDP_GRO                     int             in    UDPGRO
//	TCPUnread                            TCP_CM_INQ                  int             in    TCPInQueue
//	TLSReceivedRecord                    TLS_GET_RECORD_TYPE         uint8           in
//	TLSRecord                            TLS_SET_RECORD_TYPE         uint8           both
//	PacketAuxData                        PACKET_AUXDATA              AuxData         in    PacketAuxData
//	NetlinkPacketInfo                    NETLINK_PKTINFO             uint32          in    NetlinkPacketInfo
//	NetlinkListenAllNSID                 NETLINK_LISTEN_ALL_NSID     int             in    NetlinkListenAllNSID
//	SCTPSendInfo                         SCTP_SNDINFO                SCTPSend        both
//	SCTPReceiveInfo                      SCTP_RCVINFO                SCTPInfo        in    SCTPReceiveInfo
//	SCTPNextInfo                         SCTP_NXTINFO                SCTPNext        in    SCTPReceiveNextInfo
//	J1939DestinationAddress              SCM_J1939_DEST_ADDR         uint8           in
//	J1939DestinationName                 SCM_J1939_DEST_NAME         uint64          in
//	J1939Priority                        SCM_J1939_PRIO              uint8           in
//	J1939ErrorQueue                      SCM_J1939_ERRQUEUE          []byte          in
//	ALGOperation                         ALG_SET_OP                  uint32          both
//	ALGInitVector                        ALG_SET_IV                  []byte          both
//	ALGAssociatedLength                  ALG_SET_AEAD_ASSOCLEN       uint32          both
//
// # What it does not do
//
// Nothing here allocates except where the doc says so. The kernel's lengths are compared, never
// trusted.
//
// It closes nothing: descriptors in received control data belong to the receiver. It makes no
// system calls, except where an address is printed: the name of its zone is looked up, as package
// sockaddr says.
package cmsg
