package engine

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestTheOwnContainerIsFoundInProc(t *testing.T) {
	own, other := strings.Repeat("0a", 32), strings.Repeat("1b", 32)
	for name, test := range map[string]struct{ text, want string }{
		"on a machine": {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n0::/user.slice\n", ""},
		"by a mount of the engine": {"1513 1485 8:1 /var/lib/docker/containers/" + own +
			"/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n", own},
		"by a data root elsewhere":            {"15 14 8:1 /data/containers/" + own + "/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw\n", own},
		"not by a mount of another one's log": {"15 14 8:1 /var/lib/docker/containers/" + other + "/x.log /logs/x rw - ext4 /dev/sda1 rw\n", ""},
		"by a group of the first version":     {"12:pids:/docker/" + own + "\n11:cpu:/docker/" + own + "\n", own},
		"by a group that systemd made":        {"0::/system.slice/docker-" + own + ".scope\n", own},
		"in a container in a container":       {"4:pids:/docker/" + other + "/docker/" + own + "\n", own},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).Equal(strings.Join(idsOf(test.text), " "), test.want)
		})
	}
}
