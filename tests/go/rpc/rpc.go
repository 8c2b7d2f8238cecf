// Package rpc is what the programs of these tests speak where they speak net/rpc: Plug and Work as in package wire, and Store,
// whose values are made of everything that gob has. Each is served as go-plugin wants it of an author.
package rpc

import (
	"errors"
	"fmt"
	"net/rpc"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
)

// Handshake is what host and plugin agree on.
var Handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "HASHI", MagicCookieValue: "hola"}

// Plugins is what there is to dispense, each by its name. What a host gets of it is the client, by which it calls.
var Plugins = plugin.PluginSet{
	"a":      shim{Plug{}},
	"worker": shim{Work{}},
	"store":  shim{&Store{}},
	"kv":     shim{&KV{values: map[string][]byte{}}},
}

type shim struct {
	server interface{}
}

func (s shim) Server(*plugin.MuxBroker) (interface{}, error) {
	return s.server, nil
}

func (shim) Client(_ *plugin.MuxBroker, client *rpc.Client) (interface{}, error) {
	return client, nil
}

// Plug is a greeter.
type Plug struct{}

// SayHello greets.
func (Plug) SayHello(name string, reply *string) error {
	*reply = "hello, " + name
	return nil
}

// Work does as it is told.
type Work struct{}

// Numbers are the arguments of Sum.
type Numbers struct {
	Start   uint64
	Numbers []uint64
}

// Echo returns what it is given.
func (Work) Echo(data []byte, reply *[]byte) error {
	*reply = data
	return nil
}

// Fail fails with this text.
func (Work) Fail(text string, _ *interface{}) error {
	return errors.New(text)
}

// Sum adds up.
func (Work) Sum(numbers Numbers, reply *uint64) error {
	*reply = numbers.Start
	for _, number := range numbers.Numbers {
		*reply += number
	}
	return nil
}

// Sleep returns after so many milliseconds.
func (Work) Sleep(millis uint64, _ *interface{}) error {
	time.Sleep(time.Duration(millis) * time.Millisecond)
	return nil
}

// Die ends the process.
func (Work) Die(how string, _ *interface{}) error {
	switch how {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("dying as asked") // net/rpc does not catch it: the process ends with status 2
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "print":
		fmt.Println("printed")
		return nil
	case "say":
		fmt.Fprintln(os.Stderr, "said")
		return nil
	}
	return fmt.Errorf("no way to die is called %q", how)
}

// Place is a part of an Entry.
type Place struct {
	X, Y int32
}

// Entry has a field of each kind, and one that nobody else knows.
type Entry struct {
	UserId uint64
	Title  string
	Newer  map[string][]Place
	IsOpen bool
	Ratio  float64
	Small  int8
	Data   []byte
	Place  *Place
	Labels map[string]string
	Scores []int32
	ID     uint32
	Stamp  *Stamp
}

// Pair is a tuple.
type Pair struct {
	Field0 uint8
	Field1 string
}

// Stamp has types of Go's library, and contains itself.
type Stamp struct {
	At     time.Time
	Took   time.Duration
	Letter rune
	Corner [2]int16
	Pair   Pair
	Parts  []Stamp
}

// Store keeps nothing but how many calls there were.
type Store struct {
	count int
}

// Mirror returns what it is given.
func (s *Store) Mirror(entry Entry, reply *Entry) error {
	s.count++
	entry.Newer = map[string][]Place{"here": {{X: 1, Y: 2}}}
	*reply = entry
	return nil
}

// Tag adds a label.
func (s *Store) Tag(labels map[string]string, reply *map[string]string) error {
	s.count++
	*reply = map[string]string{"seen": "yes"}
	for key, value := range labels {
		(*reply)[key] = value
	}
	return nil
}

// Count says how many calls there were, as a number with a sign.
func (s *Store) Count(_ interface{}, reply *int) error {
	*reply = s.count
	return nil
}

// KV keeps values. Its arguments are those of go-plugin's example.
type KV struct {
	mutex  sync.Mutex
	values map[string][]byte
}

// Put sets the value of a key.
func (kv *KV) Put(arguments map[string]interface{}, _ *interface{}) error {
	kv.mutex.Lock()
	defer kv.mutex.Unlock()
	kv.values[arguments["key"].(string)] = arguments["value"].([]byte)
	return nil
}

// Get returns the value of a key.
func (kv *KV) Get(key string, reply *[]byte) error {
	kv.mutex.Lock()
	defer kv.mutex.Unlock()
	value, ok := kv.values[key]
	if !ok {
		return fmt.Errorf("there is no `%s`", key)
	}
	*reply = value
	return nil
}
