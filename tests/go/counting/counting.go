// Package counting is what the programs with callbacks speak: Counter, with the names and numbers of go-plugin's example
// `bidirectional`, and Keeper, which is given objects. Both sides are here, over go-plugin's brokers for gRPC and for net/rpc.
package counting

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Sum is the object that is lent or given.
type Sum func(a, b int64) (int64, error)

// A Peer is a plugin, as its host calls it.
type Peer interface {
	Get(key string) (int64, error)
	// Put lends the object.
	Put(key string, value int64, sum Sum) error
	// Hold lends the object, which the plugin calls after so many milliseconds.
	Hold(sum Sum, millis int64) (int64, error)
	// Keep gives the object. It calls ended when the plugin has closed its connection.
	Keep(sum Sum, ended func()) error
	// KeepNumber gives an object of this number, which nobody need accept.
	KeepNumber(id uint32) error
	Tell(a, b int64) (int64, error)
	Forget() error
	// Open is an object of the plugin, and the function that drops it.
	Open() (Sum, func(), error)
	NextId() uint32
	Accept(id uint32, sum Sum, ended func())
}

func add(a, b int64) (int64, error) {
	return a + b, nil
}

// Run makes the calls of a command, and returns what came of them.
func Run(peer Peer, command []string) (string, error) {
	switch command[0] {
	case "put":
		times, err := strconv.Atoi(command[2])
		if err != nil {
			return "", err
		}
		for i := 0; i < times; i++ {
			if err := peer.Put(command[1], 1, add); err != nil {
				return "", err
			}
		}
		value, err := peer.Get(command[1])
		return fmt.Sprint(value), err
	case "fail":
		return "", peer.Put(command[1], 1, func(a, b int64) (int64, error) { return 0, errors.New("no such luck") })
	case "die":
		return "", peer.Put(command[1], 1, func(a, b int64) (int64, error) {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		})
	case "hold":
		millis, err := strconv.ParseInt(command[1], 10, 64)
		if err != nil {
			return "", err
		}
		sum, err := peer.Hold(add, millis)
		return fmt.Sprint(sum), err
	case "keep":
		return keep(peer)
	case "never":
		return late(peer, nil)
	case "late":
		return late(peer, func(id uint32) {
			time.Sleep(6 * time.Second)
			peer.Accept(id, add, func() {})
		})
	case "soon":
		return late(peer, func(id uint32) {
			time.Sleep(time.Second)
			peer.Accept(id, add, func() {})
		})
	case "twice":
		id := peer.NextId()
		go peer.Accept(id, add, func() {})
		if err := peer.KeepNumber(id); err != nil {
			return "", err
		}
		if sum, err := peer.Tell(1, 2); err != nil || sum != 3 {
			return "", fmt.Errorf("%d, %v", sum, err)
		}
		if err := peer.KeepNumber(id); err != nil {
			return "", err
		}
		_, err := peer.Tell(1, 2)
		return "", err
	case "open":
		sum, drop, err := peer.Open()
		if err != nil {
			return "", err
		}
		defer drop()
		first, err := sum(40, 2)
		if err != nil {
			return "", err
		}
		second, err := sum(-1, 1)
		return fmt.Sprint(first, second), err
	}
	return "", fmt.Errorf("there is no command %q", strings.Join(command, " "))
}

// Gives three objects, and says how many connections the plugin has closed, before and after it forgets them.
func keep(peer Peer) (string, error) {
	ended, text := int32(0), ""
	for i := int64(0); i < 3; i++ {
		more := i
		sum := func(a, b int64) (int64, error) { return a + b + more, nil }
		if err := peer.Keep(sum, func() { atomic.AddInt32(&ended, 1) }); err != nil {
			return "", err
		}
	}
	for i := 0; i < 2; i++ {
		sum, err := peer.Tell(1, 2)
		if err != nil {
			return "", err
		}
		text += fmt.Sprintf("%d, %d closed; ", sum, atomic.LoadInt32(&ended))
	}
	if err := peer.Forget(); err != nil {
		return "", err
	}
	for i := 0; i < 500 && atomic.LoadInt32(&ended) < 3; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	sum, err := peer.Tell(1, 2)
	return text + fmt.Sprintf("%d, %d closed", sum, atomic.LoadInt32(&ended)), err
}

// Gives an object by its number alone, which is accepted later or never.
func late(peer Peer, accept func(id uint32)) (string, error) {
	id := peer.NextId()
	if accept != nil {
		go accept(id)
	}
	if err := peer.KeepNumber(id); err != nil {
		return "", err
	}
	sum, err := peer.Tell(1, 2)
	return fmt.Sprint(sum), err
}

// Counts is the plugin.
type Counts struct {
	mutex  sync.Mutex
	counts map[string]int64
	kept   []kept
}

type kept struct {
	sum  Sum
	drop func()
}

func (c *Counts) get(key string) (int64, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.counts[key], nil
}

func (c *Counts) put(key string, value int64, sum Sum) error {
	before, _ := c.get(key)
	after, err := sum(before, value)
	if err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[key] = after
	return nil
}

func (c *Counts) keep(sum Sum, drop func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.kept = append(c.kept, kept{sum, drop})
}

func (c *Counts) tell(a, b int64) (int64, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	total := int64(0)
	for _, kept := range c.kept {
		sum, err := kept.sum(a, b)
		if err != nil {
			return 0, err
		}
		total += sum
	}
	return total, nil
}

func (c *Counts) forget() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, kept := range c.kept {
		kept.drop()
	}
	c.kept = nil
}

// Calls it after so long.
func hold(sum Sum, millis int64) (int64, error) {
	time.Sleep(time.Duration(millis) * time.Millisecond)
	return sum(1, 2)
}
