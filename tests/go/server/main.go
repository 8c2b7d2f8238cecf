// A plain gRPC server, as the reference document writes it: Plug, Work, health and reflection, until it is killed.
//
//	server [-after TIME] [-tls FOLDER [-clients]] ADDRESS
//
// ADDRESS is HOST:PORT, where port 0 is any, or unix:PATH. It prints the address once it listens. FOLDER has what `certificates` makes.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"../wire"
)

func main() {
	after := flag.Duration("after", 0, "listen only then")
	folder := flag.String("tls", "", "serve over TLS, with the certificates in this `FOLDER`")
	clients := flag.Bool("clients", false, "want a certificate of the clients too")
	flag.Parse()
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(wire.MaxMessage)}
	if *folder != "" {
		config, err := config(*folder, *clients)
		if err != nil {
			wire.Exit("", err)
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	time.Sleep(*after)
	network, address := "tcp", flag.Arg(0)
	if path := strings.TrimPrefix(address, "unix:"); path != address {
		network, address = "unix", path
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		wire.Exit("", err)
	}
	server := grpc.NewServer(options...)
	wire.Register(server)
	healthy := health.NewServer()
	for _, service := range []string{"Plug", "Work"} {
		healthy.SetServingStatus(service, grpc_health_v1.HealthCheckResponse_SERVING)
	}
	grpc_health_v1.RegisterHealthServer(server, healthy)
	reflection.Register(server)
	fmt.Println(listener.Addr())
	wire.Exit("", server.Serve(listener))
}

func config(folder string, clients bool) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "server.pem"), filepath.Join(folder, "server.key"))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if clients {
		roots, err := os.ReadFile(filepath.Join(folder, "roots.pem"))
		if err != nil {
			return nil, err
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(roots)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}
