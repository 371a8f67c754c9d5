package socket_test

const hasSplice = true
