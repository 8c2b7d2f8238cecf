// Both sides over gRPC.

package counting

import (
	"context"

	"github.com/hashicorp/go-plugin/examples/bidirectional/proto"
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
type server struct {
	sum Sum
}

func (s server) Sum(_ context.Context, request *proto.SumRequest) (*proto.SumResponse, error) {
	sum, err := s.sum(request.A, request.B)
	if err != nil {
		return nil, err
	}
	return &proto.SumResponse{R: sum}, nil
}

func client(conn *grpc.ClientConn) Sum {
	return func(a, b int64) (int64, error) {
		response, err := proto.NewAddHelperClient(conn).Sum(context.Background(), &proto.SumRequest{A: a, B: b})
		if err != nil {
			return 0, err
		}
		return response.R, nil
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
	proto.RegisterCounterServer(registrar, &counter{c, dial})
	keep := func(_ context.Context, request *proto.PutRequest) (*proto.Empty, error) {
		sum, drop, err := dial(request.AddServer)
		if err != nil {
			return nil, err
		}
		c.keep(sum, drop)
		return &proto.Empty{}, nil
	}
	tell := func(_ context.Context, request *proto.SumRequest) (*proto.SumResponse, error) {
		sum, err := c.tell(request.A, request.B)
		return &proto.SumResponse{R: sum}, err
	}
	forget := func(context.Context, *proto.Empty) (*proto.Empty, error) {
		c.forget()
		return &proto.Empty{}, nil
	}
	// The number of an object, as an int64.
	open := func(context.Context, *proto.Empty) (*proto.GetResponse, error) {
		id := broker.NextId()
		go broker.AcceptAndServe(id, serving(add, func() {}, nil))
		return &proto.GetResponse{Value: int64(id)}, nil
	}
	// A is the number of an object, as an int64.
	hold := func(_ context.Context, request *proto.SumRequest) (*proto.SumResponse, error) {
		sum, drop, err := dial(uint32(request.A))
		if err != nil {
			return nil, err
		}
		defer drop()
		held, err := hold(sum, request.B)
		return &proto.SumResponse{R: held}, err
	}
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "tests.Keeper",
		HandlerType: (*interface{})(nil),
		Methods: []grpc.MethodDesc{
			method("Keep", keep), method("Tell", tell), method("Forget", forget), method("Open", open), method("Hold", hold),
		},
	}, nil)
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

type counter struct {
	*Counts
	dial func(id uint32) (Sum, func(), error)
}

func (c *counter) Get(_ context.Context, request *proto.GetRequest) (*proto.GetResponse, error) {
	value, err := c.get(request.Key)
	return &proto.GetResponse{Value: value}, err
}

func (c *counter) Put(_ context.Context, request *proto.PutRequest) (*proto.Empty, error) {
	sum, drop, err := c.dial(request.AddServer)
	if err != nil {
		return nil, err
	}
	defer drop()
	return &proto.Empty{}, c.put(request.Key, request.Value, sum)
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
		proto.RegisterAddHelperServer(serving, server{sum})
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
	response := &proto.GetResponse{}
	err := g.invoke("/proto.Counter/Get", &proto.GetRequest{Key: key}, response)
	return response.Value, err
}

// Put lends the object.
func (g GRPC) Put(key string, value int64, sum Sum) error {
	id, servers := g.NextId(), make(chan *grpc.Server, 1)
	go g.Broker.AcceptAndServe(id, serving(sum, func() {}, servers))
	err := g.invoke("/proto.Counter/Put", &proto.PutRequest{AddServer: id, Key: key, Value: value}, &proto.Empty{})
	(<-servers).Stop()
	return err
}

// Hold lends the object for a while.
func (g GRPC) Hold(sum Sum, millis int64) (int64, error) {
	id, servers := g.NextId(), make(chan *grpc.Server, 1)
	go g.Broker.AcceptAndServe(id, serving(sum, func() {}, servers))
	response := &proto.SumResponse{}
	// A is the number of an object, as an int64.
	err := g.invoke("/tests.Keeper/Hold", &proto.SumRequest{A: int64(id), B: millis}, response)
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
	return g.invoke("/tests.Keeper/Keep", &proto.PutRequest{AddServer: id}, &proto.Empty{})
}

// Tell has all objects add.
func (g GRPC) Tell(a, b int64) (int64, error) {
	response := &proto.SumResponse{}
	err := g.invoke("/tests.Keeper/Tell", &proto.SumRequest{A: a, B: b}, response)
	return response.R, err
}

// Forget drops them.
func (g GRPC) Forget() error {
	return g.invoke("/tests.Keeper/Forget", &proto.Empty{}, &proto.Empty{})
}

// Open is an object of the plugin.
func (g GRPC) Open() (Sum, func(), error) {
	response := &proto.GetResponse{}
	if err := g.invoke("/tests.Keeper/Open", &proto.Empty{}, response); err != nil {
		return nil, nil, err
	}
	conn, err := g.Broker.Dial(uint32(response.Value))
	if err != nil {
		return nil, nil, err
	}
	return client(conn), func() { conn.Close() }, nil
}
