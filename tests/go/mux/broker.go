// The broker: knocks, acknowledgements, and the streams after them.

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang/protobuf/proto"
	"github.com/hashicorp/yamux"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

var startStream = grpc.StreamDesc{StreamName: "StartStream", ServerStreams: true, ClientStreams: true}

type connInfo struct {
	ServiceId uint32 `protobuf:"varint,1,opt,name=service_id,proto3"`
	Network   string `protobuf:"bytes,2,opt,name=network,proto3"`
	Address   string `protobuf:"bytes,3,opt,name=address,proto3"`
	Knock     *knock `protobuf:"bytes,4,opt,name=knock,proto3"`
}

type knock struct {
	Knock bool   `protobuf:"varint,1,opt,name=knock,proto3"`
	Ack   bool   `protobuf:"varint,2,opt,name=ack,proto3"`
	Error string `protobuf:"bytes,3,opt,name=error,proto3"`
}

func (m *connInfo) Reset()         { *m = connInfo{} }
func (m *connInfo) String() string { return proto.CompactTextString(m) }
func (*connInfo) ProtoMessage()    {}

func (m *knock) Reset()         { *m = knock{} }
func (m *knock) String() string { return proto.CompactTextString(m) }
func (*knock) ProtoMessage()    {}

// The stream of announcements, of either side.
type stream interface {
	SendMsg(message interface{}) error
	RecvMsg(message interface{}) error
}

type broker struct {
	session *yamux.Session
	config  *tls.Config
	last    uint32
	// The acknowledged knocks, until their streams come.
	knocked chan uint32
	// Set once there is a stream.
	started chan struct{}
	stream  stream

	mutex     sync.Mutex
	acks      map[uint32]chan *connInfo
	listeners map[uint32]*listener
	// The knocks that came before their listener.
	early map[uint32]bool
	// Locked from a knock until its stream is open.
	dial sync.Mutex
}

func newBroker(session *yamux.Session, config *tls.Config) *broker {
	return &broker{
		session: session, config: config, knocked: make(chan uint32, 1), started: make(chan struct{}),
		acks: map[uint32]chan *connInfo{}, listeners: map[uint32]*listener{}, early: map[uint32]bool{},
	}
}

// NextId is a number that this side has not used.
func (b *broker) NextId() uint32 {
	return atomic.AddUint32(&b.last, 1)
}

// The messages of the other side.
func (b *broker) run(stream stream) {
	b.stream = stream
	close(b.started)
	for {
		message := &connInfo{}
		if stream.RecvMsg(message) != nil {
			return
		}
		if message.Knock == nil || !message.Knock.Knock {
			fmt.Println("an address was announced to a side that multiplexes")
			continue
		}
		if message.Knock.Ack {
			b.ack(message.ServiceId) <- message
			continue
		}
		b.mutex.Lock()
		_, listens := b.listeners[message.ServiceId]
		b.early[message.ServiceId] = !listens
		b.mutex.Unlock()
		if listens {
			b.admit(message.ServiceId)
		}
	}
}

// Acknowledges a knock.
func (b *broker) admit(id uint32) {
	b.knocked <- id
	if err := b.stream.SendMsg(&connInfo{ServiceId: id, Knock: &knock{Knock: true, Ack: true}}); err != nil {
		fmt.Println(err)
	}
}

func (b *broker) ack(id uint32) chan *connInfo {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.acks[id] == nil {
		b.acks[id] = make(chan *connInfo, 1)
	}
	return b.acks[id]
}

// Gives each stream of the other side to the listener of the knock before it, or to main.
func (b *broker) accept(main *listener) {
	for {
		conn, err := b.session.Accept()
		if err != nil {
			return
		}
		select {
		case id := <-b.knocked:
			b.mutex.Lock()
			listener := b.listeners[id]
			b.mutex.Unlock()
			listener.conns <- conn
		default:
			if main == nil {
				fmt.Println("a stream came without a knock")
				conn.Close()
				continue
			}
			main.conns <- conn
		}
	}
}

// AcceptAndServe serves the number.
func (b *broker) AcceptAndServe(id uint32, newServer func([]grpc.ServerOption) *grpc.Server) {
	listener := newListener(b.session.Addr())
	b.mutex.Lock()
	b.listeners[id] = listener
	hasKnocked := b.early[id]
	b.mutex.Unlock()
	if hasKnocked {
		b.admit(id)
	}
	newServer(b.serverOptions()).Serve(listener)
}

// Dial connects to the number.
func (b *broker) Dial(id uint32) (*grpc.ClientConn, error) {
	return b.over(func() (net.Conn, error) {
		b.dial.Lock()
		defer b.dial.Unlock()
		<-b.started
		if err := b.stream.SendMsg(&connInfo{ServiceId: id, Knock: &knock{Knock: true}}); err != nil {
			return nil, err
		}
		select {
		case ack := <-b.ack(id):
			if ack.Knock.Error != "" {
				return nil, errors.New(ack.Knock.Error)
			}
			return b.session.Open()
		case <-time.After(5 * time.Second):
			return nil, errors.New("the knock was not acknowledged")
		}
	})
}

// A connection with gRPC over what dial opens.
func (b *broker) over(dial func() (net.Conn, error)) (*grpc.ClientConn, error) {
	security := grpc.WithInsecure()
	if b.config != nil {
		security = grpc.WithTransportCredentials(credentials.NewTLS(b.config))
	}
	dialer := func(context.Context, string) (net.Conn, error) { return dial() }
	return grpc.Dial("unused", security, grpc.WithContextDialer(dialer), grpc.FailOnNonTempDialError(true), grpc.WithBlock())
}

func (b *broker) serverOptions() []grpc.ServerOption {
	if b.config == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(b.config))}
}

// The streams of one listener.
type listener struct {
	conns chan net.Conn
	addr  net.Addr
	ended chan struct{}
	once  sync.Once
}

func newListener(addr net.Addr) *listener {
	return &listener{conns: make(chan net.Conn, 16), addr: addr, ended: make(chan struct{})}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.ended:
		return nil, io.EOF
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.ended) })
	return nil
}

func (l *listener) Addr() net.Addr {
	return l.addr
}
