//go:build linux && cgo

package libc

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
)

// difference is one that is intended. Its conditions are as narrow as they can
// be: where ours would agree but for the difference, that is asked.
type difference struct {
	name, why string
	is        func(*lookup) bool
	isInfo    func(*info) bool
}

var oldIPv4 = &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}, OldIPv4: true}

// libcIs reports whether libc's answer is ours to another question.
func (l *lookup) libcIs(r *addrinfo.Resolver, node, service string,
	flags constants.AddrInfoFlag) bool {
	h := l.hints
	h.Flags = flags
	infos, err := r.Lookup(context.Background(), node, service, &h)
	for i := range infos {
		infos[i].Flags = l.hints.Flags
	}
	return codeOf(err) == l.libcCode && slices.Equal(infos, l.libc)
}

// oursIs reports whether our answer is that to another node, but for the canonical name.
func (l *lookup) oursIs(node string) bool {
	h := l.hints
	infos, err := resolver.Lookup(context.Background(), node, l.service, &h)
	return codeOf(err) == l.oursCode && slices.Equal(sorted(infos), sorted(l.ours))
}

func empty(s string) bool { return s == "" || s == "*" }

var lookupDifferences = []difference{
	{
		name: "nothing asked",
		why: "node and service both empty are the empty list, as in the socket egg, since a " +
			"loop over it needs no special case",
		is: func(l *lookup) bool {
			return empty(l.node) && empty(l.service) && l.libcCode == constants.EAI_NONAME &&
				l.oursCode == 0 && len(l.ours) == 0
		},
	},
	{
		name: "ports above 65535",
		why:  "libc keeps the lowest 16 bits, so that 65616 is port 80: nobody means that",
		is: func(l *lookup) bool {
			n, err := strconv.ParseUint(l.service, 10, 64)
			return err == nil && n > 65535 && l.oursCode == constants.EAI_SERVICE &&
				l.libcIs(resolver, l.node, strconv.Itoa(int(n&0xffff)), l.hints.Flags)
		},
	},
	{
		name: "a colon in the name of an interface",
		why: "the kernel looks for what stands before it, an old alias's interface; no " +
			"interface has a colon in its name",
		is: func(l *lookup) bool {
			ip, zone, _ := strings.Cut(l.node, "%")
			name, _, colon := strings.Cut(zone, ":")
			infos, code := Lookup(ip+"%"+name, l.service, l.hints)
			for i := range infos {
				if infos[i].CanonName != "" {
					infos[i].CanonName = l.node
				}
			}
			return colon && l.oursCode == constants.EAI_NONAME && code == l.libcCode &&
				slices.Equal(infos, l.libc)
		},
	},
	{
		name: "signs and spaces before ports",
		why:  "libc's strtoul takes them; a port has none",
		is: func(l *lookup) bool {
			if l.service == "-1" { // too large even for libc
				return l.has(numericServ) && l.oursCode == constants.EAI_NONAME &&
					l.libcIs(resolver, l.node, "no-service", l.hints.Flags&^numericServ)
			}
			want := constants.EAI_SERVICE
			if l.has(numericServ) {
				want = constants.EAI_NONAME
			}
			return strings.ContainsAny(l.service, "+ ") &&
				strings.ContainsAny(l.service[:1], "+ ") && l.oursCode == want &&
				l.libcIs(resolver, l.node, l.service[1:], l.hints.Flags)
		},
	},
	{
		name: "octal and hexadecimal numbers in services(5)",
		why: "libc takes 017522 for 8018 and 0x1f51 for 8017, +8016 as a number and 65616 for " +
			"80; ports are decimal, from 0 to 65535",
		is: func(l *lookup) bool {
			switch l.service {
			case "hexadecimal", "signed", "too-large":
				return len(l.libc) > 0 && l.oursCode == constants.EAI_SERVICE
			case "octal":
				return slices.EqualFunc(l.libc, l.ours, func(a, b addrinfo.Info) bool {
					b.Addr = b.Addr.WithPort(0o17522)
					return a == b
				})
			}
			return false
		},
	},
	{
		name: "old forms of IPv4",
		why:  "they slip past filters of addresses; a Resolver with OldIPv4 takes them",
		is: func(l *lookup) bool {
			return l.oursCode == constants.EAI_NONAME &&
				l.libcIs(oldIPv4, l.node, l.service, l.hints.Flags)
		},
	},
	{
		name: "::1 of the hosts file",
		why:  "libc takes it for 127.0.0.1 too if it is asked for IPv4, and so has that twice",
		is: func(l *lookup) bool {
			return strings.Contains(etc["/etc/hosts"], "::1\t") &&
				strings.Contains(strings.ToLower(l.node), "localhost") &&
				(l.ours == nil || l.ours[0].Addr.Family() == constants.AF_INET ||
					l.has(v4Mapped)) &&
				slices.Equal(without127(l.libc), without127(l.ours))
		},
	},
	{
		name: "localhost",
		why: "it is the loopback addresses wherever it is not in the hosts file, with a dot at " +
			"its end too, and below it (RFC 6761)",
		is: func(l *lookup) bool {
			name := "." + strings.ToLower(strings.TrimSuffix(l.node, "."))
			return strings.HasSuffix(name, ".localhost") && !inHosts(l.node) &&
				l.libcCode == constants.EAI_NONAME &&
				!slices.ContainsFunc(l.ours, func(i addrinfo.Info) bool {
					return !i.Addr.IP().Unmap().IsLoopback()
				})
		},
	},
	{
		name: "onion",
		why:  "name servers are not asked for it (RFC 7686); libc asks them",
		is: func(l *lookup) bool {
			return strings.HasSuffix(l.node, ".onion") &&
				(l.libcCode == 0 || l.libcCode == constants.EAI_NODATA) &&
				l.oursCode == constants.EAI_NONAME
		},
	},
	{
		name: "a dot at the end in the hosts file",
		why: "package net takes a name with and without it for the same, of the entry and of " +
			"the question; libc compares the letters",
		is: func(l *lookup) bool {
			return strings.HasSuffix(l.node, ".") && l.libcCode == constants.EAI_NONAME &&
				l.oursIs(strings.TrimSuffix(l.node, ".")) ||
				l.node == "dotted.test" && l.libcCode == constants.EAI_NONAME &&
					(len(l.ours) > 0 || l.oursCode == constants.EAI_NODATA)
		},
	},
	{
		name: "a NUL in the hosts file",
		why:  "for package net it is part of the word, for libc the word's end",
		is: func(l *lookup) bool {
			return l.node == "nulled" && l.libcCode != constants.EAI_AGAIN &&
				l.oursCode == constants.EAI_NONAME
		},
	},
	{
		name: "a hyphen at the end of a label",
		why:  "package net does not ask for it",
		is: func(l *lookup) bool {
			return l.node == "dash-.test" && l.oursCode == constants.EAI_NONAME
		},
	},
	{
		name: "one family in the hosts file",
		why: "a name that the hosts file has is not looked for in the DNS, even if it has no " +
			"address of the family there",
		is: func(l *lookup) bool {
			return (l.hints.Family != constants.AF_UNSPEC || l.has(addrConfig)) &&
				inHosts(l.node) && l.oursCode == constants.EAI_NODATA &&
				(l.libcCode == constants.EAI_NONAME || l.node == "both.test")
		},
	},
	{
		name: "canonical names of the hosts file",
		why:  "package net has them in lower case, and one for both families",
		is: func(l *lookup) bool {
			if !l.has(canonName) || !inHosts(l.node) || len(l.libc) == 0 || len(l.ours) == 0 {
				return false
			}
			ours := slices.Clone(l.ours)
			ours[0].CanonName = l.libc[0].CanonName
			return slices.Equal(ours, l.libc) && inHosts(l.libc[0].CanonName) &&
				inHosts(l.ours[0].CanonName)
		},
	},
	{
		name: "alias without an address",
		why: "libc sometimes has EAI_NONAME where an alias leads to a name without an address, " +
			"and EAI_NODATA where there is no alias",
		is: func(l *lookup) bool {
			n := zone[l.node+"."]
			return n.cname != "" && l.libcCode == constants.EAI_NONAME &&
				l.oursCode == constants.EAI_NODATA
		},
	},
	{
		name: "name servers that refuse",
		why:  "that a name server does not want to answer does not say that a name is not known",
		is: func(l *lookup) bool {
			switch zone[l.node+"."].code {
			case dnsmessage.RCodeRefused, dnsmessage.RCodeNotImplemented,
				dnsmessage.RCodeFormatError:
				return (l.libcCode == constants.EAI_NONAME || l.libcCode == constants.EAI_AGAIN) &&
					l.oursCode == constants.EAI_FAIL
			}
			return false
		},
	},
	{
		name: "trouble in lookups of IPv4",
		why: "libc has EAI_NONAME if it is asked for IPv4 alone and name servers are silent or " +
			"in trouble; for IPv6 and for both it has EAI_AGAIN",
		is: func(l *lookup) bool {
			n := zone[l.node+"."]
			return l.hints.Family == constants.AF_INET &&
				(n.silent || n.silentA || n.failA || n.code == dnsmessage.RCodeServerFailure) &&
				l.libcCode == constants.EAI_NONAME && l.oursCode == constants.EAI_AGAIN
		},
	},
	{
		name: "one family unanswered",
		why:  "package net makes do with the other, unless its StrictErrors is set",
		is: func(l *lookup) bool {
			return zone[l.node+"."].silentA && l.hints.Family == constants.AF_UNSPEC &&
				l.libcCode == constants.EAI_AGAIN &&
				l.oursCode == 0 && l.ours[0].Family == constants.AF_INET6
		},
	},
	{
		name: "IPv4-mapped addresses in the DNS",
		why:  "package net does not tell them from IPv4 addresses",
		is: func(l *lookup) bool {
			return l.node == "mapped.test" && (l.oursCode == constants.EAI_NODATA ||
				slices.EqualFunc(l.libc, l.ours, func(a, b addrinfo.Info) bool {
					return a.Addr.IP().Unmap() == b.Addr.IP()
				}))
		},
	},
	{
		name: "order",
		why: "package net has that of RFC 6724, libc that of RFC 3484 with changes: it puts " +
			"IPv4 addresses of the own network first, " +
			"and local IPv6 addresses before IPv4 ones",
		is: func(l *lookup) bool {
			return (l.node == "near.test" || l.node == "local6.test") &&
				slices.Equal(sorted(l.libc), sorted(l.ours))
		},
	},
}

var infoDifferences = []difference{
	{
		name: "zones of groups of an interface",
		why: "libc has the number of the interface for ff01::1, and the name for fe80::1 and " +
			"ff02::1; ours is the name for all that have a zone",
		isInfo: func(n *info) bool {
			ip := n.addr.WithScopeID(0).IP()
			want := n.libc
			want[0] = n.addr.IP().String()
			return ip.IsInterfaceLocalMulticast() && n.addr.ScopeID() != 0 &&
				n.libcCode == n.oursCode && n.ours == want &&
				n.libc[0] == ip.String()+"%"+strconv.Itoa(int(n.addr.ScopeID()))
		},
	},
	{
		name: "abstract UNIX addresses",
		why:  "libc has no name for them; ours is that of sockaddr",
		isInfo: func(n *info) bool {
			return strings.HasPrefix(n.addr.String(), "@") && n.libc[0] == n.ours[0] &&
				n.libc[1] == "" && n.ours[1] == n.addr.String()
		},
	},
	{
		name: "name servers that refuse or make no sense",
		why:  "libc has EAI_AGAIN or EAI_NONAME, ours the number, or, with NI_NAMEREQD, EAI_FAIL",
		isInfo: func(n *info) bool {
			want := constants.EAI(0)
			if n.flags&constants.NI_NAMEREQD != 0 {
				want = constants.EAI_FAIL
			}
			switch n.addr.IP().String() {
			case "10.1.1.27":
				return n.libcCode == constants.EAI_AGAIN && n.oursCode == want
			case "10.1.1.28":
				return n.libcCode == constants.EAI_NONAME && n.oursCode == want
			}
			return false
		},
	},
	{
		name: "names that are numbers",
		why:  "libc believes a name server that 10.0.0.1 is a name",
		isInfo: func(n *info) bool {
			return n.addr.IP().String() == "10.1.1.29" && n.libcCode == 0 &&
				n.libc[0] == "10.0.0.1" &&
				(n.oursCode == constants.EAI_NONAME || n.oursCode == constants.EAI_FAIL ||
					n.ours[0] == "10.1.1.29")
		},
	},
	{
		name: "IPv4-compatible addresses",
		why:  "libc looks for the IPv4 address in ::10.1.1.21, and for nothing for ::",
		isInfo: func(n *info) bool {
			switch n.addr.IP().String() {
			case "::a01:115", "::10.1.1.21":
				return n.libc[0] == "a.test" && n.ours[0] != "a.test"
			}
			return false
		},
	},
	{
		name: "names for the international DNS",
		why:  "NI_IDN and the flags that went with it are not supported",
		isInfo: func(n *info) bool {
			return n.flags&0x20 != 0 && n.oursCode == constants.EAI_BADFLAGS
		},
	},
}

// sorted is infos in an order of its own, without canonical names.
func sorted(infos []addrinfo.Info) []addrinfo.Info {
	infos = slices.Clone(infos)
	for i := range infos {
		infos[i].CanonName = ""
	}
	slices.SortStableFunc(infos, func(a, b addrinfo.Info) int { return a.Addr.Compare(b.Addr) })
	return infos
}

// without127 is infos without 127.0.0.1 and canonical names.
func without127(infos []addrinfo.Info) (rest []addrinfo.Info) {
	for _, i := range infos {
		i.CanonName = ""
		if i.Addr.IP().Unmap().String() != "127.0.0.1" {
			rest = append(rest, i)
		}
	}
	return rest
}

func inHosts(name string) bool {
	for line := range strings.Lines(etc["/etc/hosts"]) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 1 &&
			slices.ContainsFunc(words[1:], func(w string) bool {
				return strings.EqualFold(w, name)
			}) {
			return true
		}
	}
	return false
}
