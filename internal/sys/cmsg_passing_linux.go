package sys

import "golang.org/x/sys/unix"

// MsgCmsgCloexec makes received descriptors close-on-exec at once (recvmsg(2), Linux 2.6.23). It is
// for sockets that pass descriptors, which only those of AF_UNIX do (scm_detach_fds and
// scm_pidfd_recv, net/core/scm.c and include/net/scm.h, Linux 6.18): others refuse flags that they
// do not know, such as packet_recvmsg of net/packet/af_packet.c (EINVAL), pfkey_recvmsg of
// net/key/af_key.c (EINVAL) and mctp_recvmsg of net/mctp/af_mctp.c (EOPNOTSUPP).
const MsgCmsgCloexec = unix.MSG_CMSG_CLOEXEC

const scmPidfd = unix.SCM_PIDFD
