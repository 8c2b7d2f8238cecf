// Both sides over net/rpc.

package counting

import (
	"net/rpc"

	"github.com/hashicorp/go-plugin"
)

// PutArguments are the arguments of Put.
type PutArguments struct {
	AddServer uint32
	Key       string
	Value     int64
}

// SumArguments are those of Sum and Tell.
type SumArguments struct {
	A, B int64
}

// HoldArguments are those of Hold.
type HoldArguments struct {
	Helper uint32
	Millis int64
}

// RPCSum serves an object.
type RPCSum struct {
	sum Sum
}

// Sum adds.
func (s *RPCSum) Sum(arguments SumArguments, reply *int64) (err error) {
	*reply, err = s.sum(arguments.A, arguments.B)
	return err
}

func dial(broker *plugin.MuxBroker, id uint32) (Sum, func(), error) {
	conn, err := broker.Dial(id)
	if err != nil {
		return nil, nil, err
	}
	client := rpc.NewClient(conn)
	sum := func(a, b int64) (sum int64, err error) {
		err = client.Call("Plugin.Sum", SumArguments{a, b}, &sum)
		return sum, err
	}
	return sum, func() { client.Close() }, nil
}

// RPCCounter is the plugin.
type RPCCounter struct {
	*counts
	broker *plugin.MuxBroker
}

// Its methods are no methods of the service.
type counts = Counts

// Get returns a count.
func (c *RPCCounter) Get(key string, reply *int64) (err error) {
	*reply, err = c.get(key)
	return err
}

// Put calls back.
func (c *RPCCounter) Put(arguments PutArguments, _ *interface{}) error {
	sum, drop, err := dial(c.broker, arguments.AddServer)
	if err != nil {
		return err
	}
	defer drop()
	return c.put(arguments.Key, arguments.Value, sum)
}

// RPCKeeper is the plugin that is given objects.
type RPCKeeper struct {
	*counts
	broker *plugin.MuxBroker
}

// Keep keeps an object.
func (k *RPCKeeper) Keep(id uint32, _ *interface{}) error {
	sum, drop, err := dial(k.broker, id)
	if err != nil {
		return err
	}
	k.keep(sum, drop)
	return nil
}

// Tell has all objects add.
func (k *RPCKeeper) Tell(arguments SumArguments, reply *int64) (err error) {
	*reply, err = k.tell(arguments.A, arguments.B)
	return err
}

// Forget drops them.
func (k *RPCKeeper) Forget(_ interface{}, _ *interface{}) error {
	k.forget()
	return nil
}

// Open returns the number of an object.
func (k *RPCKeeper) Open(_ interface{}, reply *uint32) error {
	*reply = k.broker.NextId()
	go k.broker.AcceptAndServe(*reply, &RPCSum{add})
	return nil
}

// Hold calls the object after so long.
func (k *RPCKeeper) Hold(arguments HoldArguments, reply *int64) error {
	sum, drop, err := dial(k.broker, arguments.Helper)
	if err != nil {
		return err
	}
	defer drop()
	*reply, err = hold(sum, arguments.Millis)
	return err
}

// RPC is the plugin over net/rpc: a client of each of its plugins.
type RPC struct {
	Broker          *plugin.MuxBroker
	Counter, Keeper *rpc.Client
}

// NextId is a number of this side.
func (r RPC) NextId() uint32 {
	return r.Broker.NextId()
}

// Accept serves an object for a number.
func (r RPC) Accept(id uint32, sum Sum, ended func()) {
	r.Broker.AcceptAndServe(id, &RPCSum{sum})
	ended()
}

// Get returns a count.
func (r RPC) Get(key string) (value int64, err error) {
	err = r.Counter.Call("Plugin.Get", key, &value)
	return value, err
}

// Put lends the object.
func (r RPC) Put(key string, value int64, sum Sum) error {
	id := r.NextId()
	go r.Broker.AcceptAndServe(id, &RPCSum{sum})
	var nothing interface{}
	return r.Counter.Call("Plugin.Put", PutArguments{id, key, value}, &nothing)
}

// Hold lends the object for a while.
func (r RPC) Hold(sum Sum, millis int64) (held int64, err error) {
	id := r.NextId()
	go r.Broker.AcceptAndServe(id, &RPCSum{sum})
	err = r.Keeper.Call("Plugin.Hold", HoldArguments{id, millis}, &held)
	return held, err
}

// Keep gives the object.
func (r RPC) Keep(sum Sum, ended func()) error {
	id := r.NextId()
	go r.Accept(id, sum, ended)
	return r.KeepNumber(id)
}

// KeepNumber gives the object of this number.
func (r RPC) KeepNumber(id uint32) error {
	var nothing interface{}
	return r.Keeper.Call("Plugin.Keep", id, &nothing)
}

// Tell has all objects add.
func (r RPC) Tell(a, b int64) (sum int64, err error) {
	err = r.Keeper.Call("Plugin.Tell", SumArguments{a, b}, &sum)
	return sum, err
}

// Forget drops them.
func (r RPC) Forget() error {
	var nothing interface{}
	return r.Keeper.Call("Plugin.Forget", struct{}{}, &nothing)
}

// Open is an object of the plugin.
func (r RPC) Open() (Sum, func(), error) {
	var id uint32
	if err := r.Keeper.Call("Plugin.Open", struct{}{}, &id); err != nil {
		return nil, nil, err
	}
	return dial(r.Broker, id)
}

// Plugins are what there is to dispense.
func (c *Counts) Plugins() plugin.PluginSet {
	return plugin.PluginSet{"counter": shim{c, false}, "keeper": shim{c, true}}
}
