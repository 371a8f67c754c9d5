package ports

import (
	"bytes"
	"io"
)

// ReadLine reads a line and returns it without its ending, which [Params].LineEnding says. What stands before the end of
// the stream is a line too; after it comes io.EOF. With another error, such as a timeout, the part of the line that is
// there stays in the port for the next call.
//
// A line may be of any length, unless [Params].LineLimit is set. Then the first bytes of a longer one, as many as the limit,
// are returned with ErrLineTooLong, and reading goes on with the next.
func (p *InputPort) ReadLine() (string, error) {
	line, err := p.ReadLineBytes()
	return string(line), err
}

// ReadLineBytes is ReadLine without a copy: the bytes are the buffer's, and valid until the next call that reads.
func (p *InputPort) ReadLineBytes() ([]byte, error) {
	// Nearly always the line is in the buffer, and there is no limit.
	if unread := p.buf[p.r:p.w]; p.simple && !p.closed.Load() {
		if n := bytes.IndexByte(unread, '\n'); n >= 0 {
			p.r += n + 1
			p.last, p.lastRune = '\n', -1
			if n > 0 && unread[n-1] == '\r' {
				n--
			}
			return unread[:n:n], nil
		}
	}
	return p.readLine()
}

func (p *InputPort) readLine() ([]byte, error) {
	err := p.need(0)
	for seen := 0; err == nil; err = p.fill() {
		if n, whole := p.line(seen); n >= 0 {
			if p.limit > 0 && n > p.limit {
				break
			}
			return p.take(whole)[:n:n], nil
		}
		seen = p.w - p.r
		if p.limit > 0 && seen > p.limit && !p.mayEnd() {
			break
		}
	}
	rest := p.w - p.r
	switch {
	case err != nil && err != io.EOF || rest == 0:
		return nil, err
	case p.limit > 0 && rest > p.limit:
		return p.take(p.limit), ErrLineTooLong
	}
	return p.take(rest), nil
}

// mayEnd reports whether what is unread ends in the beginning of a line ending that comes within the limit.
func (p *InputPort) mayEnd() bool {
	unread, ending := p.buf[p.r:p.w], p.ending
	if len(ending) == 0 {
		ending = crlf
	}
	for i := max(0, len(unread)-len(ending)+1); i <= p.limit; i++ {
		if bytes.HasPrefix(ending, unread[i:]) {
			return true
		}
	}
	return false
}

var crlf = []byte("\r\n")

// line finds the first line of what is unread: its length without and with its ending, or -1. It need not look at the
// first seen bytes.
func (p *InputPort) line(seen int) (n, whole int) {
	unread := p.buf[p.r:p.w]
	if len(p.ending) > 0 {
		from := max(0, seen-len(p.ending)+1)
		if n = bytes.Index(unread[from:], p.ending); n >= 0 {
			n += from
		}
		return n, n + len(p.ending)
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

// ReadString reads up to and including the byte delim. At the end of the stream it returns what there is, with io.EOF. With
// another error, what is there stays in the port.
func (p *InputPort) ReadString(delim byte) (string, error) {
	err := p.need(0)
	for seen := 0; err == nil; err = p.fill() {
		unread := p.buf[p.r:p.w]
		if n := bytes.IndexByte(unread[seen:], delim); n >= 0 {
			return string(p.take(seen + n + 1)), nil
		}
		seen = len(unread)
	}
	if err == io.EOF {
		return string(p.take(p.w - p.r)), err
	}
	return "", err
}
