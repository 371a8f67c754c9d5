package ports

import (
	"bytes"
	"io"
	"math"
)

// ReadLine reads a line and returns it without its ending, which [Params].LineEnding says. What
// stands before the end of the stream is a line too; after it comes io.EOF. So a command of which
// the peer sent half, and then the end of the stream, looks whole; where that matters use
// [InputPort.ReadUntil], which tells. With another error, such as a timeout or a reset, the part of
// the line that is there stays in the port, and the next call goes on, or fails again.
//
// On a message socket, the end of a message ends the line, too. A line that is longer than
// [Params].LineLimit, 1 MiB by default, comes in pieces: as many bytes as the limit with
// ErrLineTooLong, and so on.
func (p *InputPort) ReadLine() (string, error) {
	if err := p.some(); err != nil {
		return "", err
	}
	line, err := p.ReadLineBytes()
	return string(line), err
}

// ReadLineBytes is ReadLine without a copy: the bytes are the buffer's, and valid until the next
// call that reads.
func (p *InputPort) ReadLineBytes() ([]byte, error) {
	if err := p.some(); err != nil {
		return nil, err
	}
	// Nearly always the line is in the buffer.
	if p != nil && p.lf && !p.closed.Load() {
		unread := p.buf[p.r:p.w]
		if i := bytes.IndexByte(unread, '\n'); i >= 0 {
			n := i
			if n > 0 && unread[n-1] == '\r' {
				n--
			}
			if n <= p.limit {
				p.r += i + 1
				p.last, p.lastRune = '\n', -1
				return unread[:n:n], nil
			}
		}
	}
	return p.readLine()
}

// some waits until anything is unread. A server's goroutine waits for the next line mostly here,
// and not where a line is looked for, with more on its stack.
func (p *InputPort) some() error {
	if p != nil && p.r < p.w {
		return nil
	}
	return p.need(1)
}

func (p *InputPort) readLine() ([]byte, error) {
	if p == nil || !p.live() {
		return nil, closed("read")
	}
	n, whole, err := p.scan(p.ending, p.limit)
	if err == io.EOF && n > 0 {
		err = nil
	}
	return p.piece(n, whole), err
}

// ReadUntil reads up to the delimiter and returns what stands before it: [InputPort.ReadLineBytes]
// for protocols that have more than one. At the end of the stream it returns what there is, with
// io.EOF, so that a piece without its delimiter can be told from a whole one. Most is the most
// bytes before the delimiter, like [Params].LineLimit: more are ErrLineTooLong, negative is no
// limit, and 0 is the port's own. An empty delimiter is LF or CR LF.
func (p *InputPort) ReadUntil(delimiter string, most int) ([]byte, error) {
	if p == nil || !p.live() {
		return nil, closed("read")
	}
	if most == 0 {
		most = p.limit
	} else {
		most = limit(most)
	}
	n, whole, err := p.scan([]byte(delimiter), most)
	return p.piece(n, whole), err
}

// ReadString reads up to and including the byte delim. At the end of the stream it returns what
// there is, with io.EOF. With another error, what is there stays in the port. Messages and limits
// are as for [InputPort.ReadLine].
func (p *InputPort) ReadString(delim byte) (string, error) {
	if p == nil || !p.live() {
		return "", closed("read")
	}
	_, whole, err := p.scan([]byte{delim}, p.limit)
	return string(p.piece(whole, whole)), err
}

// piece takes whole bytes, of which n count.
func (p *InputPort) piece(n, whole int) []byte {
	if whole == 0 {
		return nil
	}
	return p.take(whole)[:n:n]
}

// scan finds the first ending, receiving as much as that takes: the line has n bytes without it and
// whole bytes with it. With ErrLineTooLong both are the limit, with io.EOF all that there is, with
// another error 0. An empty ending is LF or CR LF.
func (p *InputPort) scan(ending []byte, limit int) (n, whole int, err error) {
	most := math.MaxInt
	if limit < most-p.room-len(ending)-2 {
		most = limit + p.room + len(ending) + 2
	}
	err = p.need(1)
	for seen := 0; err == nil; err = p.more(most) {
		unread := p.buf[p.r:p.w]
		if n, whole = find(unread, ending, seen); n >= 0 && n <= limit {
			return n, whole, nil
		}
		if n > limit {
			break
		}
		if seen = len(unread); seen > limit && !mayEnd(unread, ending, limit) {
			break
		}
	}
	rest := p.w - p.r
	switch {
	case err != nil && err != io.EOF && err != ErrMessageEnd:
		return 0, 0, err
	case rest > limit:
		return limit, limit, ErrLineTooLong
	case err == ErrMessageEnd:
		err = nil
	}
	return rest, rest, err
}

// mayEnd reports whether what is unread ends in the beginning of an ending that comes within the
// limit.
func mayEnd(unread, ending []byte, limit int) bool {
	if len(ending) == 0 {
		ending = crlf
	}
	for i := max(0, len(unread)-len(ending)+1); i <= limit; i++ {
		if bytes.HasPrefix(ending, unread[i:]) {
			return true
		}
	}
	return false
}

var crlf = []byte("\r\n")

// find finds the first line of what is unread: its length without and with its ending, or -1. It
// need not look at the first seen bytes.
func find(unread, ending []byte, seen int) (n, whole int) {
	if len(ending) > 0 {
		from := max(0, seen-len(ending)+1)
		if n = bytes.Index(unread[from:], ending); n >= 0 {
			n += from
		}
		return n, n + len(ending)
	}
	n = bytes.IndexByte(unread[seen:], '\n')
	if n < 0 {
		return -1, 0
	}
	n += seen
	whole = n + 1
	if n > 0 && unread[n-1] == '\r' {
		n--
	}
	return n, whole
}
