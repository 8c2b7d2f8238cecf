// The two services as a go-plugin plugin, and the handshake of the reference document.

package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Handshake is what host and plugin agree on.
var Handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "HASHI", MagicCookieValue: "hola"}

// Plugins is what there is to dispense: under one name the connection, over which both services are called.
var Plugins = plugin.PluginSet{"plug": &services{}}

type services struct {
	plugin.NetRPCUnsupportedPlugin
}

func (*services) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	Register(server)
	return nil
}

func (*services) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return conn, nil
}
