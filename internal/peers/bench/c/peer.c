/*
 * The benchmarks of package bench in plain C. "peer NAME FILESIZE DNSPORT" prints "ready", or "none" if it does not know the name;
 * then it does as many operations as each line of its input says, and answers with a line. "peer Echo" is an echo server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { MESSAGE = 64, CHUNK = 64 << 10, BUFFER = 4096, BATCH = 64, ECHO = 512 };

static long filesize;
static int client, server;		/* the ends of a connection */
static struct sockaddr_in name;		/* of a listener or a receiver */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int check(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static void *allocate(size_t n)
{
	void *p = calloc(1, n);
	if (!p)
		die("calloc");
	return p;
}

static void set(int fd, int level, int option, int value)
{
	check(setsockopt(fd, level, option, &value, sizeof value), "setsockopt");
}

static void writeall(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = check(write(fd, p, n), "write");
		p += k;
		n -= k;
	}
}

static void readall(int fd, char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = check(read(fd, p, n), "read");
		if (k == 0)
			exit(1);
		p += k;
		n -= k;
	}
}

/* Connections. */

static int listening(in_addr_t ip)
{
	socklen_t n = sizeof name;
	int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	name = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };
	check(bind(fd, (struct sockaddr *)&name, sizeof name), "bind");
	check(listen(fd, 4096), "listen");
	check(getsockname(fd, (struct sockaddr *)&name, &n), "getsockname");
	return fd;
}

static int dial(void)
{
	int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	check(connect(fd, (struct sockaddr *)&name, sizeof name), "connect");
	return fd;
}

static void tcp(void)
{
	int l = listening(INADDR_LOOPBACK);
	client = dial();
	server = check(accept4(l, NULL, NULL, SOCK_CLOEXEC), "accept4");
	set(client, IPPROTO_TCP, TCP_NODELAY, 1);
	set(server, IPPROTO_TCP, TCP_NODELAY, 1);
}

static void local(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t n = sizeof addr;
	int l = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	check(bind(l, (struct sockaddr *)&addr, sizeof addr.sun_family), "bind");
	check(listen(l, 1), "listen");
	check(getsockname(l, (struct sockaddr *)&addr, &n), "getsockname");
	client = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	check(connect(client, (struct sockaddr *)&addr, n), "connect");
	server = check(accept4(l, NULL, NULL, SOCK_CLOEXEC), "accept4");
}

static void *echo(void *unused)
{
	(void)unused;
	char buf[MESSAGE];
	ssize_t n;
	while ((n = read(server, buf, sizeof buf)) > 0)
		writeall(server, buf, n);
	return NULL;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	if (pthread_create(&t, NULL, fn, arg))
		die("pthread_create");
	return t;
}

static void pingpong_tcp(void)
{
	tcp();
	start(echo, NULL);
}

static void pingpong_timeout(void)
{
	struct timeval minute = { 60, 0 };
	tcp();
	for (int i = 0; i < 4; i++)
		check(setsockopt(i & 1 ? client : server, SOL_SOCKET, i & 2 ? SO_RCVTIMEO : SO_SNDTIMEO, &minute, sizeof minute), "setsockopt");
	start(echo, NULL);
}

static void pingpong_unix(void)
{
	local();
	start(echo, NULL);
}

static void pingpong(long n)
{
	char buf[MESSAGE] = { 0 };
	while (n-- > 0) {
		writeall(client, buf, sizeof buf);
		readall(client, buf, sizeof buf);
	}
}

/* sink reads *(long *)n bytes from the server's end. */
static void *sink(void *n)
{
	static char buf[CHUNK];
	for (long left = *(long *)n; left > 0;) {
		ssize_t k = check(read(server, buf, sizeof buf), "read");
		if (k == 0)
			exit(1);
		left -= k;
	}
	return NULL;
}

static void stream(long n, size_t size)
{
	static char chunk[CHUNK];
	long all = n * (long)size;
	pthread_t t = start(sink, &all);
	while (n-- > 0)
		writeall(client, chunk, size);
	pthread_join(t, NULL);
}

static void stream64(long n) { stream(n, 64); }
static void stream4k(long n) { stream(n, 4 << 10); }
static void stream64k(long n) { stream(n, 64 << 10); }

static int listener;

static void connect_start(void) { listener = listening(INADDR_LOOPBACK); }

static void connect_run(long n)
{
	while (n-- > 0) {
		int c = dial();
		int s = check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
		close(s);
		close(c);
	}
}

static FILE *in, *out;

static void lines_start(void)
{
	tcp();
	in = fdopen(server, "r");
	out = fdopen(client, "w");
	if (!in || !out || setvbuf(in, NULL, _IOFBF, BUFFER) || setvbuf(out, NULL, _IOFBF, BUFFER))
		die("fdopen");
}

static void *readlines(void *n)
{
	char line[2 * MESSAGE];
	for (long left = *(long *)n; left > 0; left--)
		if (!fgets_unlocked(line, sizeof line, in) || strlen(line) != MESSAGE)
			die("fgets");
	return NULL;
}

static void lines(long n)
{
	char line[MESSAGE];
	pthread_t t = start(readlines, &n);
	memset(line, 'x', MESSAGE - 1);
	line[MESSAGE - 1] = '\n';
	for (long i = 0; i < n; i++)
		if (fwrite_unlocked(line, 1, MESSAGE, out) != MESSAGE)
			die("fwrite");
	fflush(out);
	pthread_join(t, NULL);
}

static int file;

static void sendfile_start(void)
{
	static char buf[CHUNK];
	tcp();
	file = check(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), "open");
	check(ftruncate(file, filesize), "ftruncate");
	while (read(file, buf, sizeof buf) > 0)
		;
}

static void sendfile_run(long n)
{
	while (n-- > 0) {
		off_t offset = 0;
		pthread_t t = start(sink, &filesize);
		while (offset < filesize)
			check(sendfile(client, file, &offset, filesize - offset), "sendfile");
		pthread_join(t, NULL);
	}
}

/* Datagrams. */

static int from, to;			/* the sender's and the receiver's socket */
static struct sockaddr_in6 name6;

static int udp(in_addr_t ip)
{
	socklen_t n = sizeof name;
	int fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	name = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };
	check(bind(fd, (struct sockaddr *)&name, sizeof name), "bind");
	check(getsockname(fd, (struct sockaddr *)&name, &n), "getsockname");
	return fd;
}

static int udp6(void)
{
	socklen_t n = sizeof name6;
	int fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	name6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	check(bind(fd, (struct sockaddr *)&name6, sizeof name6), "bind");
	check(getsockname(fd, (struct sockaddr *)&name6, &n), "getsockname");
	return fd;
}

static void udp_start(void)
{
	from = udp(INADDR_LOOPBACK);
	to = udp(INADDR_LOOPBACK);
}

static void udp_run(long n)
{
	char buf[MESSAGE] = { 0 };
	while (n-- > 0) {
		struct sockaddr_in sender;
		socklen_t size = sizeof sender;
		check(sendto(from, buf, sizeof buf, 0, (struct sockaddr *)&name, sizeof name), "sendto");
		check(recvfrom(to, buf, sizeof buf, 0, (struct sockaddr *)&sender, &size), "recvfrom");
	}
}

static struct mmsghdr sent[BATCH], received[BATCH];

/* message is a message with one buffer, and an address if its size is not 0. */
static struct mmsghdr message(size_t size, void *addr, socklen_t addrlen)
{
	struct iovec *v = allocate(sizeof *v);
	v->iov_base = allocate(size);
	v->iov_len = size;
	return (struct mmsghdr){ .msg_hdr = { .msg_iov = v, .msg_iovlen = 1, .msg_name = addr, .msg_namelen = addrlen } };
}

static void batch_start(void)
{
	from = udp(INADDR_LOOPBACK);
	to = udp(INADDR_ANY);
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_in *addr = allocate(sizeof *addr);
		*addr = name;
		addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
		sent[i] = message(MESSAGE, addr, sizeof *addr);
		received[i] = message(2048, allocate(sizeof *addr), sizeof *addr);
	}
}

static void batch6_start(void)
{
	from = udp6();
	to = udp6();
	for (int i = 0; i < BATCH; i++) {
		sent[i] = message(MESSAGE, &name6, sizeof name6);
		received[i] = message(2048, allocate(sizeof name6), sizeof name6);
	}
}

static void batch_run(long n)
{
	while (n-- > 0) {
		for (int i = 0; i < BATCH;)
			i += check(sendmmsg(from, sent + i, BATCH - i, 0), "sendmmsg");
		for (int left = BATCH; left > 0;) {
			for (int i = 0; i < BATCH; i++)
				received[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in6);
			left -= check(recvmmsg(to, received, BATCH, MSG_WAITFORONE, NULL), "recvmmsg");
		}
	}
}

static struct msghdr whole, come;
static char control[256];

static void offload_start(void)
{
	udp_start();
	set(to, IPPROTO_UDP, UDP_GRO, 1);
	whole.msg_name = &name;
	whole.msg_namelen = sizeof name;
	whole.msg_iovlen = BATCH;
	whole.msg_iov = allocate(BATCH * sizeof *whole.msg_iov);
	char *data = allocate(BATCH * MESSAGE);
	for (int i = 0; i < BATCH; i++)
		whole.msg_iov[i] = (struct iovec){ data + i * MESSAGE, MESSAGE };
	whole.msg_control = allocate(CMSG_SPACE(sizeof(uint16_t)));
	whole.msg_controllen = CMSG_SPACE(sizeof(uint16_t));
	struct cmsghdr *c = CMSG_FIRSTHDR(&whole);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	*(uint16_t *)CMSG_DATA(c) = MESSAGE;
	come = message(BATCH * MESSAGE, allocate(sizeof name), sizeof name).msg_hdr;
	come.msg_control = control;
}

static void offload_run(long n)
{
	while (n-- > 0) {
		check(sendmsg(from, &whole, 0), "sendmsg");
		for (int left = BATCH; left > 0;) {
			come.msg_namelen = sizeof name;
			come.msg_controllen = sizeof control;
			int got = check(recvmsg(to, &come, 0), "recvmsg"), size = got;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&come); c; c = CMSG_NXTHDR(&come, c))
				if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
					size = *(int *)CMSG_DATA(c);
			for (int at = 0; at < got; at += size)
				left--;
		}
	}
}

/* Options and lookups. */

static int fresh;

static void option_start(void) { fresh = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"); }

static void get(long n, int level, int option)
{
	while (n-- > 0) {
		int value;
		socklen_t size = sizeof value;
		check(getsockopt(fresh, level, option, &value, &size), "getsockopt");
	}
}

static void get_bool(long n) { get(n, IPPROTO_TCP, TCP_NODELAY); }
static void get_int(long n) { get(n, SOL_SOCKET, SO_RCVBUF); }

static void set_bool(long n)
{
	while (n-- > 0)
		set(fresh, IPPROTO_TCP, TCP_NODELAY, 1);
}

static void set_int(long n)
{
	while (n-- > 0)
		set(fresh, SOL_SOCKET, SO_RCVBUF, 10000);
}

static int dnsport;

static void nothing(void) { }

static void lookup_start(void)
{
	if (res_init())
		die("res_init");
	_res.nscount = 1;
	_res.nsaddr_list[0] = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(dnsport), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void lookup(long n, const char *node)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	while (n-- > 0) {
		int code = getaddrinfo(node, "80", &hints, &list);
		if (code) {
			fprintf(stderr, "%s: %s\n", node, gai_strerror(code));
			exit(1);
		}
		freeaddrinfo(list);
	}
}

static void lookup_number(long n) { lookup(n, "192.0.2.1"); }
static void lookup_hosts(long n) { lookup(n, "localhost"); }
static void lookup_dns(long n) { lookup(n, "bench.test."); }

static void lookup_service(long n)
{
	while (n-- > 0)
		if (!getservbyname("https", "tcp"))
			die("getservbyname");
}

static void lookup_port(long n)
{
	while (n-- > 0)
		if (!getservbyport(htons(443), "tcp"))
			die("getservbyport");
}

/* The echo server: one thread, one epoll(7). It answers each line of its input, which asks for unused memory to be given back. */

static int server_main(void)
{
	static struct epoll_event events[512];
	static char buf[ECHO];
	struct rlimit files;
	check(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
	files.rlim_cur = files.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	int l = listening(INADDR_ANY), poll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	struct epoll_event e = { .events = EPOLLIN, .data.fd = l };
	check(epoll_ctl(poll, EPOLL_CTL_ADD, l, &e), "epoll_ctl");
	e.data.fd = 0;
	check(epoll_ctl(poll, EPOLL_CTL_ADD, 0, &e), "epoll_ctl");
	printf("%d\n", ntohs(name.sin_port));
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(poll, events, 512, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			ssize_t k;
			if (fd == l) {
				e.data.fd = check(accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept4");
				set(e.data.fd, IPPROTO_TCP, TCP_NODELAY, 1);
				check(epoll_ctl(poll, EPOLL_CTL_ADD, e.data.fd, &e), "epoll_ctl");
			} else if ((k = read(fd, buf, sizeof buf)) > 0) {
				if (fd == 0)
					puts(""), fflush(stdout);
				else
					writeall(fd, buf, k);
			} else if (fd == 0) {
				return 0;
			} else if (k == 0 || errno != EAGAIN) {
				close(fd);
			}
		}
	}
}

/* Packets: a ring of TPACKET_V3, of the shape that packets.go has. */
enum { RING_BLOCK = 1 << 20, RING_BLOCKS = 16, RING_TIMEOUT = 8, PACKET_PROTOCOL = 0x88b5 };
static const char *interface;
static char *ring;
static unsigned ring_next;
static volatile unsigned long ring_sum;

static void packets_start(void)
{
	int version = TPACKET_V3;
	struct tpacket_req3 req = { .tp_block_size = RING_BLOCK, .tp_block_nr = RING_BLOCKS, .tp_frame_size = 2048,
		.tp_frame_nr = RING_BLOCK / 2048 * RING_BLOCKS, .tp_retire_blk_tov = RING_TIMEOUT };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(PACKET_PROTOCOL), .sll_ifindex = if_nametoindex(interface) };
	client = check(socket(AF_PACKET, SOCK_RAW, 0), "socket");
	check(setsockopt(client, SOL_PACKET, PACKET_VERSION, &version, sizeof version), "PACKET_VERSION");
	check(setsockopt(client, SOL_PACKET, PACKET_RX_RING, &req, sizeof req), "PACKET_RX_RING");
	ring = mmap(NULL, (size_t)RING_BLOCK * RING_BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, client, 0);
	if (ring == MAP_FAILED)
		die("mmap");
	check(bind(client, (struct sockaddr *)&to, sizeof to), "bind");
}

static void packets_run(long n)
{
	struct tpacket_stats_v3 stats;
	socklen_t size = sizeof stats;
	struct rusage u;
	long received = 0;
	while (received < n) {
		struct tpacket_block_desc *b = (void *)(ring + (size_t)ring_next * RING_BLOCK);
		if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			struct pollfd p = { .fd = client, .events = POLLIN };
			poll(&p, 1, -1);
			continue;
		}
		struct tpacket3_hdr *h = (void *)((char *)b + b->hdr.bh1.offset_to_first_pkt);
		for (unsigned i = 0; i < b->hdr.bh1.num_pkts; i++) {
			ring_sum += ((unsigned char *)h)[h->tp_mac + h->tp_snaplen - 1] + h->tp_len;
			h = (void *)((char *)h + h->tp_next_offset);
			received++;
		}
		__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		ring_next = (ring_next + 1) % RING_BLOCKS;
	}
	check(getsockopt(client, SOL_PACKET, PACKET_STATISTICS, &stats, &size), "PACKET_STATISTICS");
	getrusage(RUSAGE_SELF, &u);
	printf("%ld %u %ld", received, stats.tp_drops,
	       (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000L + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000L);
}

static const struct {
	const char *name;
	void (*start)(void);
	void (*run)(long n);
} rows[] = {
	{ "PingPong", pingpong_tcp, pingpong },
	{ "PingPong/timeout", pingpong_timeout, pingpong },
	{ "Stream/64B", tcp, stream64 },
	{ "Stream/4KiB", tcp, stream4k },
	{ "Stream/64KiB", tcp, stream64k },
	{ "Connect", connect_start, connect_run },
	{ "Unix/pingpong", pingpong_unix, pingpong },
	{ "Unix/stream", local, stream64k },
	{ "UDP/single", udp_start, udp_run },
	{ "UDP/batch", batch_start, batch_run },
	{ "UDP/batch6", batch6_start, batch_run },
	{ "UDP/offload", offload_start, offload_run },
	{ "UDP/segments", offload_start, offload_run },
	{ "Lines", lines_start, lines },
	{ "SendFile/socket", sendfile_start, sendfile_run },
	{ "Option/getBool", option_start, get_bool },
	{ "Option/setBool", option_start, set_bool },
	{ "Option/getInt", option_start, get_int },
	{ "Option/setInt", option_start, set_int },
	{ "Lookup/number", nothing, lookup_number },
	{ "Lookup/hosts", nothing, lookup_hosts },
	{ "Lookup/dns", lookup_start, lookup_dns },
	{ "Lookup/service", nothing, lookup_service },
	{ "Lookup/port", nothing, lookup_port },
	{ "Packets/ring/64", packets_start, packets_run },
	{ "Packets/ring/1500", packets_start, packets_run },
};

int main(int argc, char **argv)
{
	long n;
	if (argc == 2 && !strcmp(argv[1], "Echo"))
		return server_main();
	if (argc != 4)
		return 2;
	filesize = atol(argv[2]);
	interface = argv[2];	/* of Packets, which have no file */
	dnsport = atoi(argv[3]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(argv[1], rows[i].name))
			continue;
		rows[i].start();
		puts("ready");
		fflush(stdout);
		while (scanf("%ld", &n) == 1) {
			rows[i].run(n);
			puts("");
			fflush(stdout);
		}
		return 0;
	}
	puts("none");
	return 0;
}
