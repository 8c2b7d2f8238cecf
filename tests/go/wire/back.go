// The service with brokered connections, tests.Back: Echo returns its bytes, Call dials the number that it gets and calls
// Echo there, and Accept serves Echo for a number that it returns.

package wire

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
)

// A Broker makes brokered connections: go-plugin's, or one by hand.
type Broker interface {
	NextId() uint32
	Dial(id uint32) (*grpc.ClientConn, error)
	AcceptAndServe(id uint32, server func([]grpc.ServerOption) *grpc.Server)
}

// RegisterBack adds the service.
func RegisterBack(server *grpc.Server, broker Broker) {
	call := func(_ context.Context, number *Number) (*Data, error) {
		return dialEcho(broker, uint32(number.Value), "from the plugin")
	}
	accept := func(context.Context, *Number) (*Number, error) {
		id := broker.NextId()
		go broker.AcceptAndServe(id, echoServer)
		return &Number{Value: uint64(id)}, nil
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "tests.Back",
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{method("Echo", echo), method("Call", call), method("Accept", accept)},
	}, nil)
}

// Back has the plugin call its host back, and calls the plugin over a connection that the plugin accepts.
// It does each twice, and says what came back.
func Back(ctx context.Context, conn *grpc.ClientConn, broker Broker) (string, error) {
	text := ""
	for i := 0; i < 2; i++ {
		id := broker.NextId()
		go broker.AcceptAndServe(id, echoServer)
		reply, number := &Data{}, &Number{}
		if err := invoke(ctx, conn, "/tests.Back/Call", &Number{Value: uint64(id)}, reply); err != nil {
			return text, err
		}
		if err := invoke(ctx, conn, "/tests.Back/Accept", &Number{}, number); err != nil {
			return text, err
		}
		echoed, err := dialEcho(broker, uint32(number.Value), "from the host")
		if err != nil {
			return text, err
		}
		text += fmt.Sprintf("%s, %s\n", reply.Value, echoed.Value)
	}
	return text, nil
}

func echoServer(options []grpc.ServerOption) *grpc.Server {
	server := grpc.NewServer(options...)
	RegisterBack(server, nil)
	return server
}

func dialEcho(broker Broker, id uint32, text string) (*Data, error) {
	conn, err := broker.Dial(id)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reply := &Data{}
	return reply, invoke(context.Background(), conn, "/tests.Back/Echo", &Data{Value: []byte(text)}, reply)
}
