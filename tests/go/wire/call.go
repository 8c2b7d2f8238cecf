// The side that calls: one call, as the command line names it.

package wire

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/golang/protobuf/proto"
	"github.com/golang/protobuf/protoc-gen-go/descriptor"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
)

// A Call is what to call, and with what beside its arguments.
type Call struct {
	name     string
	meta     string
	deadline time.Duration
}

// Flags are those of a call.
func (c *Call) Flags() {
	flag.StringVar(&c.name, "call", "hello", "hello NAME, echo BYTES, fail TEXT, sum START NUMBER…, sleep MILLIS, die exit|panic|kill, health SERVICE, list, describe SYMBOL, or stdio")
	flag.StringVar(&c.meta, "meta", "", "metadata to send along: `KEY=VALUE`, several parted by commas")
	flag.DurationVar(&c.deadline, "deadline", 0, "when to give up")
}

// Run makes the call, and says what came back.
func (c *Call) Run(conn *grpc.ClientConn, arguments []string) (string, error) {
	ctx := context.Background()
	if c.deadline > 0 {
		deadline, cancel := context.WithTimeout(ctx, c.deadline)
		defer cancel()
		ctx = deadline
	}
	for _, pair := range strings.FieldsFunc(c.meta, func(r rune) bool { return r == ',' }) {
		key, value, _ := strings.Cut(pair, "=")
		ctx = metadata.AppendToOutgoingContext(ctx, key, value)
	}
	return run(ctx, conn, c.name, arguments)
}

// RunLine makes a call that is written as one text, `CALL ARGUMENT…`.
func RunLine(conn *grpc.ClientConn, line string) (string, error) {
	words := append(strings.Fields(line), "")
	return run(context.Background(), conn, words[0], words[1:len(words)-1])
}

func run(ctx context.Context, conn *grpc.ClientConn, call string, arguments []string) (string, error) {
	text := strings.Join(arguments, " ")
	switch call {
	case "hello":
		return Hello(ctx, conn, text)
	case "echo":
		sent, reply := &Data{Value: pattern(numbers(arguments)[0])}, &Data{}
		err := invoke(ctx, conn, "/Work/Echo", sent, reply)
		if err == nil && !bytes.Equal(sent.Value, reply.Value) {
			err = errors.New("what came back is not what was sent")
		}
		return fmt.Sprint(len(reply.Value), " bytes"), err
	case "fail":
		return "did not fail", invoke(ctx, conn, "/Work/Fail", &Text{Value: text}, &Empty{})
	case "sum":
		numbers, reply := numbers(arguments), &Number{}
		err := invoke(ctx, conn, "/Work/Sum", &Numbers{Start: numbers[0], Numbers: numbers[1:]}, reply)
		return fmt.Sprint(reply.Value), err
	case "sleep":
		return "slept", invoke(ctx, conn, "/Work/Sleep", &Number{Value: numbers(arguments)[0]}, &Empty{})
	case "die":
		return "did not die", invoke(ctx, conn, "/Work/Die", &Text{Value: text}, &Empty{})
	case "health":
		reply, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: text})
		return reply.GetStatus().String(), err
	case "list":
		return list(ctx, conn)
	case "describe":
		return describe(ctx, conn, text)
	case "stdio":
		return stdio(ctx, conn)
	}
	return "", fmt.Errorf("no call is named %q", call)
}

// Hello is the call of the reference document.
func Hello(ctx context.Context, conn *grpc.ClientConn, name string) (string, error) {
	reply := &Text{}
	err := invoke(ctx, conn, "/Plug/SayHello", &Text{Value: name}, reply)
	return reply.Value, err
}

// Exit prints what came back, if anything, to stdout, or the error with its gRPC code to stderr, and ends the program.
func Exit(reply string, err error) {
	if err == nil {
		if reply != "" {
			fmt.Println(reply)
		}
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, TextOf(err))
	os.Exit(1)
}

// TextOf is `CODE: MESSAGE` of an error that has a gRPC code.
func TextOf(err error) string {
	if status, ok := status.FromError(err); ok {
		return fmt.Sprintf("%s: %s", status.Code(), status.Message())
	}
	return err.Error()
}

func invoke(ctx context.Context, conn *grpc.ClientConn, method string, request, reply interface{}) error {
	return conn.Invoke(ctx, method, request, reply, grpc.MaxCallRecvMsgSize(MaxMessage))
}

func numbers(arguments []string) []uint64 {
	var numbers []uint64
	for _, argument := range arguments {
		number, err := strconv.ParseUint(argument, 10, 64)
		if err != nil {
			Exit("", err)
		}
		numbers = append(numbers, number)
	}
	if len(numbers) == 0 {
		Exit("", errors.New("a number is missing"))
	}
	return numbers
}

// Bytes that show when a part is lost or comes twice.
func pattern(length uint64) []byte {
	data := make([]byte, length)
	for i := range data {
		data[i] = byte(i % 251)
	}
	return data
}

// The services that the other side says it has.
func list(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	reply, err := reflect(ctx, conn, &grpc_reflection_v1alpha.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_ListServices{},
	})
	if err != nil {
		return "", err
	}
	var names []string
	for _, service := range reply.GetListServicesResponse().GetService() {
		names = append(names, service.Name)
	}
	sort.Strings(names)
	return strings.Join(names, " "), nil
}

// The methods in the file that has this symbol, with their messages.
func describe(ctx context.Context, conn *grpc.ClientConn, symbol string) (string, error) {
	reply, err := reflect(ctx, conn, &grpc_reflection_v1alpha.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol},
	})
	if err != nil {
		return "", err
	}
	if failed := reply.GetErrorResponse(); failed != nil {
		return "", status.Error(codes.Code(failed.ErrorCode), failed.ErrorMessage)
	}
	var methods []string
	for _, encoded := range reply.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptor.FileDescriptorProto{}
		if err := proto.Unmarshal(encoded, file); err != nil {
			return "", err
		}
		for _, service := range file.Service {
			for _, method := range service.Method {
				methods = append(methods, fmt.Sprintf("%s(%s) %s", method.GetName(), method.GetInputType(), method.GetOutputType()))
			}
		}
	}
	return strings.Join(methods, ", "), nil
}

func reflect(ctx context.Context, conn *grpc.ClientConn, request *grpc_reflection_v1alpha.ServerReflectionRequest) (*grpc_reflection_v1alpha.ServerReflectionResponse, error) {
	stream, err := grpc_reflection_v1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	// What goes wrong here is told by Recv.
	_ = stream.Send(request)
	return stream.Recv()
}

// The first piece of what a plugin prints, `CHANNEL: TEXT`, as newer versions of go-plugin ask for it.
func stdio(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/plugin.GRPCStdio/StreamStdio")
	if err != nil {
		return "", err
	}
	// As above.
	_ = stream.SendMsg(&Empty{})
	_ = stream.CloseSend()
	piece := &Printed{}
	err = stream.RecvMsg(piece)
	return fmt.Sprintf("%d: %s", piece.Channel, piece.Data), err
}
