// Both sides over gRPC.

package counting

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// A Broker makes brokered connections: go-plugin's, or one by hand.
type Broker interface {
	NextId() uint32
	Dial(id uint32) (*grpc.ClientConn, error)
	AcceptAndServe(id uint32, server func([]grpc.ServerOption) *grpc.Server)
}

// Serves an object.
func register(server *grpc.Server, sum Sum) {
	add := func(_ context.Context, request *sumRequest) (*sumResponse, error) {
		r, err := sum(request.A, request.B)
		return &sumResponse{R: r}, err
	}
	registerService(server, "proto.AddHelper", method("Sum", add))
}

func client(conn *grpc.ClientConn) Sum {
	return func(a, b int64) (int64, error) {
		response := &sumResponse{}
		err := conn.Invoke(context.Background(), "/proto.AddHelper/Sum", &sumRequest{A: a, B: b}, response)
		return response.R, err
	}
}

// Register adds both services of the plugin.
func (c *Counts) Register(registrar *grpc.Server, broker Broker) {
	dial := func(id uint32) (Sum, func(), error) {
		conn, err := broker.Dial(id)
		if err != nil {
			return nil, nil, err
		}
		return client(conn), func() { conn.Close() }, nil
	}
	get := func(_ context.Context, request *getRequest) (*getResponse, error) {
		value, err := c.get(request.Key)
		return &getResponse{Value: value}, err
	}
	put := func(_ context.Context, request *putRequest) (*empty, error) {
		sum, drop, err := dial(request.AddServer)
		if err != nil {
			return nil, err
		}
		defer drop()
		return &empty{}, c.put(request.Key, request.Value, sum)
	}
	registerService(registrar, "proto.Counter", method("Get", get), method("Put", put))
	keep := func(_ context.Context, request *putRequest) (*empty, error) {
		sum, drop, err := dial(request.AddServer)
		if err != nil {
			return nil, err
		}
		c.keep(sum, drop)
		return &empty{}, nil
	}
	tell := func(_ context.Context, request *sumRequest) (*sumResponse, error) {
		sum, err := c.tell(request.A, request.B)
		return &sumResponse{R: sum}, err
	}
	forget := func(context.Context, *empty) (*empty, error) {
		c.forget()
		return &empty{}, nil
	}
	// The number of an object, as an int64.
	open := func(context.Context, *empty) (*getResponse, error) {
		id := broker.NextId()
		go broker.AcceptAndServe(id, serving(add, func() {}, nil))
		return &getResponse{Value: int64(id)}, nil
	}
	// A is the number of an object, as an int64.
	hold := func(_ context.Context, request *sumRequest) (*sumResponse, error) {
		sum, drop, err := dial(uint32(request.A))
		if err != nil {
			return nil, err
		}
		defer drop()
		held, err := hold(sum, request.B)
		return &sumResponse{R: held}, err
	}
	registerService(registrar, "tests.Keeper",
		method("Keep", keep), method("Tell", tell), method("Forget", forget), method("Open", open), method("Hold", hold))
}

func registerService(server *grpc.Server, name string, methods ...grpc.MethodDesc) {
	service := grpc.ServiceDesc{ServiceName: name, HandlerType: (*interface{})(nil), Methods: methods}
	server.RegisterService(&service, nil)
}

func method[Q, R any](name string, call func(context.Context, *Q) (*R, error)) grpc.MethodDesc {
	handler := func(_ interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		request := new(Q)
		if err := decode(request); err != nil {
			return nil, err
		}
		return call(ctx, request)
	}
	return grpc.MethodDesc{MethodName: name, Handler: handler}
}

// GRPC is the plugin over gRPC.
type GRPC struct {
	Conn   *grpc.ClientConn
	Broker Broker
}

// NextId is a number of this side.
func (g GRPC) NextId() uint32 {
	return g.Broker.NextId()
}

// Accept serves an object for a number.
func (g GRPC) Accept(id uint32, sum Sum, ended func()) {
	g.Broker.AcceptAndServe(id, serving(sum, ended, nil))
}

// Serves an object. The channel gets the server.
func serving(sum Sum, ended func(), servers chan<- *grpc.Server) func([]grpc.ServerOption) *grpc.Server {
	return func(options []grpc.ServerOption) *grpc.Server {
		serving := grpc.NewServer(append(options, grpc.StatsHandler(ends(ended)))...)
		register(serving, sum)
		if servers != nil {
			servers <- serving
		}
		return serving
	}
}

// The ends of connections.
type ends func()

func (ends) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (ends) HandleRPC(context.Context, stats.RPCStats)                         {}
func (ends) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (e ends) HandleConn(_ context.Context, event stats.ConnStats) {
	if _, ok := event.(*stats.ConnEnd); ok {
		e()
	}
}

func (g GRPC) invoke(method string, request, response interface{}) error {
	return g.Conn.Invoke(context.Background(), method, request, response)
}

// Get returns a count.
func (g GRPC) Get(key string) (int64, error) {
	response := &getResponse{}
	err := g.invoke("/proto.Counter/Get", &getRequest{Key: key}, response)
	return response.Value, err
}

// Put lends the object.
func (g GRPC) Put(key string, value int64, sum Sum) error {
	id, servers := g.NextId(), make(chan *grpc.Server, 1)
	go g.Broker.AcceptAndServe(id, serving(sum, func() {}, servers))
	err := g.invoke("/proto.Counter/Put", &putRequest{AddServer: id, Key: key, Value: value}, &empty{})
	(<-servers).Stop()
	return err
}

// Hold lends the object for a while.
func (g GRPC) Hold(sum Sum, millis int64) (int64, error) {
	id, servers := g.NextId(), make(chan *grpc.Server, 1)
	go g.Broker.AcceptAndServe(id, serving(sum, func() {}, servers))
	response := &sumResponse{}
	// A is the number of an object, as an int64.
	err := g.invoke("/tests.Keeper/Hold", &sumRequest{A: int64(id), B: millis}, response)
	(<-servers).Stop()
	return response.R, err
}

// Keep gives the object.
func (g GRPC) Keep(sum Sum, ended func()) error {
	id := g.NextId()
	go g.Accept(id, sum, ended)
	return g.KeepNumber(id)
}

// KeepNumber gives the object of this number.
func (g GRPC) KeepNumber(id uint32) error {
	return g.invoke("/tests.Keeper/Keep", &putRequest{AddServer: id}, &empty{})
}

// Tell has all objects add.
func (g GRPC) Tell(a, b int64) (int64, error) {
	response := &sumResponse{}
	err := g.invoke("/tests.Keeper/Tell", &sumRequest{A: a, B: b}, response)
	return response.R, err
}

// Forget drops them.
func (g GRPC) Forget() error {
	return g.invoke("/tests.Keeper/Forget", &empty{}, &empty{})
}

// Open is an object of the plugin.
func (g GRPC) Open() (Sum, func(), error) {
	response := &getResponse{}
	if err := g.invoke("/tests.Keeper/Open", &empty{}, response); err != nil {
		return nil, nil, err
	}
	conn, err := g.Broker.Dial(uint32(response.Value))
	if err != nil {
		return nil, nil, err
	}
	return client(conn), func() { conn.Close() }, nil
}
