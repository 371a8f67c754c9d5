//go:build !linux

package socket

const hasSegmentation = false

func segmentation(int) bool { return false }
