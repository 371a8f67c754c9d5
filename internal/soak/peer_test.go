package soak

func asPeer() {}
