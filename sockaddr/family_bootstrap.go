package sockaddr

import (
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
)

func parseFamily(name string) (constants.Family, error) {
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(name, "Family("), ")"), 10, 16)
	return constants.Family(n), err
}
