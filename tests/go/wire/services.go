// The side that serves: both services, as a plugin or a server registers them.

package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// MaxMessage is what a server here takes. Go's own limit is 4 MiB, also in go-plugin's DefaultGRPCServer.
const MaxMessage = 64 << 20

// Register adds both services.
func Register(server *grpc.Server) {
	for _, service := range []grpc.ServiceDesc{
		{ServiceName: "Plug", Methods: []grpc.MethodDesc{method("SayHello", sayHello)}},
		{ServiceName: "Work", Methods: []grpc.MethodDesc{
			method("Echo", echo), method("Fail", fail), method("Sum", sum), method("Sleep", sleep), method("Die", die),
		}},
	} {
		service := service
		service.HandlerType = (*interface{})(nil)
		server.RegisterService(&service, nil)
	}
}

func sayHello(_ context.Context, name *Text) (*Text, error) {
	return &Text{Value: "hello, " + name.Value}, nil
}

func echo(_ context.Context, data *Data) (*Data, error) {
	return data, nil
}

// What an author writes: a plain error, which gRPC turns into status Unknown.
func fail(_ context.Context, text *Text) (*Empty, error) {
	return nil, errors.New(text.Value)
}

func sum(_ context.Context, numbers *Numbers) (*Number, error) {
	total := numbers.Start
	for _, number := range numbers.Numbers {
		total += number
	}
	return &Number{Value: total}, nil
}

// Says on stderr when the caller has gone, so that a test sees whether a cancellation arrives.
func sleep(ctx context.Context, millis *Number) (*Empty, error) {
	select {
	case <-time.After(time.Duration(millis.Value) * time.Millisecond):
		return &Empty{}, nil
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "sleep: "+ctx.Err().Error())
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

func die(_ context.Context, how *Text) (*Empty, error) {
	switch how.Value {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("dying as asked") // gRPC does not catch it: the process ends with status 2
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return nil, fmt.Errorf("no way to die is called %q", how.Value)
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
