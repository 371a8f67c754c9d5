//go:build !linux || portable

package socket

const hasSegmentation = false

func segmentation(int) bool { return false }
