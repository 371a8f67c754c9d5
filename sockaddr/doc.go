// Package sockaddr has one value for the address of a socket of any family.
package sockaddr
