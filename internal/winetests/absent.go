package main

import "strings"

// What Wine 8 does otherwise than Windows, and which of Microsoft's documents says so.
const (
	noUnix   = "Wine has no AF_UNIX (afunix.h, Windows 10 version 1803)"
	noNetUDP = "Wine has no SIO_UDP_NETRESET, without which package net makes no UDP " +
		"socket (mswsock.h)"
	noRemoval = "Wine does not remove the folders of a test: unlinkat, Invalid " +
		"function (FILE_DISPOSITION_INFORMATION_EX)"
	noReset     = "Wine tells a reset as the end of the stream (recv: WSAECONNRESET)"
	noControl   = "Wine drops the control data that is sent (WSASendMsg)"
	noRefusal   = "Wine does not tell a datagram socket of ICMP (SIO_UDP_CONNRESET)"
	noKeepAlive = "Wine has no TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT (IPPROTO_TCP " +
		"socket options, Windows 10 version 1709)"
	noMapped   = "Wine does not send to IPv4 from an IPv6 socket of both (IPV6_V6ONLY)"
	wrongErrno = "Wine has other errors for a wrong address or handle (connect: " +
		"WSAEAFNOSUPPORT; getsockopt: WSAENOTSOCK; send: WSAENOTCONN)"
	noTurns = "goroutines that do not wait keep others from running under Wine, as a " +
		"thread cannot be interrupted there"
	unexplained = "it fails under Wine, and why is not known yet"

	// What Windows does otherwise than the test wants.
	otherFiles = "Windows refuses to replace a file that is open, and opens a folder or " +
		"a loop of links with other errors"
	coarseClock = "the clock ticks too slowly for what the test measures"
	otherPorts  = "a port that another socket has alone is WSAEACCES " +
		"(SO_EXCLUSIVEADDRUSE), and that of a connection that is over is free"
	otherRows = "the rows are those of Linux's options"
	lateEnd   = "Wine tells the end of a stream only when all before it was received " +
		"(WSAPoll, POLLHUP)"
	goneClient = "Winsock forgets a client that is gone before it is accepted (accept: " +
		"WSAECONNRESET)"
	otherStates = "Winsock tells nothing of a stream that is not connected, or that both " +
		"sides ended (WSAPoll)"
	lateUrgent = "Winsock waits for urgent data where there is none (recv, MSG_OOB)"
	noUnsent   = "Winsock does not tell what it has not sent yet (ioctlsocket)"
	quietEnd   = "Winsock does not tell that a datagram socket was shut down"
)

// absent are the tests that are not run, by the end of a package's path, in the form of go test
// -skip.
var absent = []struct{ path, tests, why string }{
	{"/addrinfo", "TestReload|TestBuiltinTables", noRemoval},
	{"/addrinfo", "TestReloadFails|TestReloadConcurrently|TestUnreadableDatabases", otherFiles},
	{"/addrinfo", "TestDial|TestDialWaitsForTheRest|TestDialEnds|TestLookupNames|" +
		"TestLookupAsksOnce|TestLookupStrict|TestOldIPv4|TestContext|TestErrors|" +
		"TestNameInfo|TestCanonicalName|TestLargeAnswer|TestServersWithoutEDNS|" +
		"TestStreamHangsUp|TestForgedAnswers|TestReservedNames", noNetUDP},
	{"/addrinfo", "TestLookupLoopback", "Windows' resolver has IPv6 first"},
	{"/addrinfo", "TestConnectStopsAtFatal", wrongErrno},

	{"/cmd/sockinfo", "TestConnectReset", noReset},
	{"/cmd/sockinfo", "TestConnectSends", noRemoval},
	{"/cmd/sockinfo", "TestOutput|TestBytes|TestJSON|TestFailures|TestHelp", unexplained},

	{"/internal/fd", "TestCancelCrowd", coarseClock},
	{"/internal/fd", "TestOneMoreTry", unexplained},

	{"/ports", "ExampleInputPort_Buffered", unexplained},
	{"/ports", "TestBrokenConnection|TestBrokenBesideAWriter|TestCloseResets", noReset},
	{"/ports", "TestCloseWhileReading", unexplained},
	{"/ports", "TestAddresses|TestUnixAddresses|TestCustodianLeaving|TestCopy", noUnix},

	{"/ports/tcp", "TestTryAccept|TestReadyReset|TestReadyOften|TestAcceptStorm|" +
		"TestAcceptContextCause|TestAcceptTimeoutOfOne|TestListenerParams|" +
		"TestAcceptTimeoutOnce|TestDial|TestDialEach|TestDialBad|TestListenFamilies|" +
		"TestListenAddresses|TestAcceptReady|TestAcceptContext|TestAcceptFair|" +
		"TestAcceptConcurrently|TestReady|TestReadyBesideAccept|TestListenerClose|" +
		"TestListenerCloseWaiting|TestNilContext|TestListenBad|TestListenService", noNetUDP},
	{"/ports/tcp", "TestHostileNames", noNetUDP},
	{"/ports/tcp", "TestNewListener", noUnix},
	{"/ports/tcp", "TestListenBusy|TestReuseAddress", otherPorts},

	{"/socket", "TestConnect|TestConnectWrongly|TestNew|TestClosedAndZero|TestSendMessagesFull|" +
		"TestSendMessagesStream/AF_UNIX|TestSendMessagesTimeout|" +
		"TestCrowdOnADatagramSocket|TestSendMessagesGathered|TestResetBehindRecords|" +
		"TestReadFromError|TestCopyDatagrams|TestCopyContext", noUnix},
	{"/socket", "TestConnectDatagramRefused|TestReadinessOfErrors", noRefusal},
	{"/socket", "TestPeerNameIsKept", goneClient},
	{"/socket", "TestPollStates|TestPollerConnect", otherStates},
	{"/socket", "TestWaitAllCutShort", lateEnd},
	{"/socket", "TestOutOfBand", lateUrgent},
	{"/socket", "TestUnsent", noUnsent},
	{"/socket", "TestSendFile|TestSendFileKinds|TestSendFileTimeout|TestCopyFiles|" +
		"TestReadFromFile|TestWriteToFile", noRemoval},
	{"/socket", "TestSendFileMessages|TestReadFromWriteTo|TestSpliceReset|TestShutdown|" +
		"ExamplePoll|TestPollerNumbersUsedAgain", noUnix},
	{"/socket", "TestSendToWrongly|TestSendToClosedPeer", wrongErrno},
	{"/socket", "TestConnectDatagram|TestFromConnFails|TestErrors", wrongErrno},
	{"/socket", "TestClosedTakesNothing|TestUndefinedFlags|TestBeyondCInts", noRemoval},
	{"/socket", "TestReadReset|TestResetIsTold|TestResetIsForgotten|TestResetIsToldToAll|" +
		"TestAtEndAfterReset|TestResetBehindBatch", noReset},
	{"/socket", "TestSegmentSize", noControl},
	{"/socket", "TestReadFrom|TestTimeoutErrors", unexplained},
	{"/socket", "TestShutdownOfMessages|TestShutdownDup|TestShutdownKeeps", quietEnd},
	{"/socket", "TestCrowdClosed|TestCrowdUnderMovingDeadlines|TestNobodyStarves", noTurns},

	{"/socket/netconn", "TestListenAndDial/unix.*|TestListenErrors|TestCloseAgain|TestSameAsNet|" +
		"TestAddresses|TestCopy|TestListener|TestPacketConnUnix|TestHTTP|" +
		"TestMessagesOfUnix|TestDescriptorsAlone|TestUDPMethodsElsewhere", noUnix},
	{"/socket/netconn", "TestKeepAlive|TestOptions|TestConfig", noKeepAlive},
	{"/socket/netconn", "TestListenEverywhere", unexplained},
	{"/socket/netconn", "TestEveryReadTellsTheEnd", quietEnd},
	{"/socket/netconn", "TestRemoteAddrAfterReset|TestReset", noReset},
	{"/socket/netconn", "TestResetBeforeAccept", goneClient},
	{"/socket/netconn", "TestErrorAddress", noUnix},
	{"/socket/netconn", "TestMappedAddresses", noMapped},
	{"/socket/netconn",
		"TestPacketConn|TestPacketReadNothing|TestMessagesOfUDP|TestErrorsOfUDP", noNetUDP},

	{"/sockopt", "TestConns", noNetUDP},
	{"/sockopt", "TestErrors|TestCostOfFailure", wrongErrno},
	{"/sockopt", "TestClosedFile|TestOSFile", noRemoval},
	{"/sockopt", "TestSetText|TestPortableOptions|ExampleError", otherRows},
}

// leftOut are the patterns for go test -skip of a package, and why each test is in it.
func leftOut(path string) (patterns []string, why map[string]string) {
	why = map[string]string{}
	for _, a := range absent {
		if !strings.HasSuffix(path, a.path) {
			continue
		}
		for test := range strings.SplitSeq(a.tests, "|") {
			top, sub, found := strings.Cut(test, "/")
			pattern := "^" + top + "$"
			if found {
				pattern += "/^" + sub + "$"
			}
			patterns = append(patterns, pattern)
			why[test] = a.why
		}
	}
	return patterns, why
}
