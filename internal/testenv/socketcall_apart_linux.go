//go:build !386 && !s390x

package testenv

// HasSocketcall says that socketcall(2) stands in x/sys for socket(2), socketpair(2), listen(2) and
// shutdown(2), which cannot be refused one by one then.
const HasSocketcall = false
