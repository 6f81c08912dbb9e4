//! The call chains that OpenIM's errors carry behind ` | -> `.

/// Behind a configuration file that cannot be read.
pub(super) const READ_CONFIG: &str = "config.LoadConfig() /openim-server/pkg/common/config/load_config.go:18 -> cmd.(*RootCmd).initializeConfiguration() /openim-server/pkg/common/cmd/root.go:111 -> cmd.(*RootCmd).persistentPreRun() /openim-server/pkg/common/cmd/root.go:92 -> cmd.NewRootCmd.func1() /openim-server/pkg/common/cmd/root.go:67";

/// Behind a value of the wrong type.
pub(super) const DECODE_CONFIG: &str = "config.LoadConfig() /openim-server/pkg/common/config/load_config.go:24 -> cmd.(*RootCmd).initializeConfiguration() /openim-server/pkg/common/cmd/root.go:111 -> cmd.(*RootCmd).persistentPreRun() /openim-server/pkg/common/cmd/root.go:92 -> cmd.NewRootCmd.func1() /openim-server/pkg/common/cmd/root.go:67";

/// Behind an index that no ports list has.
pub(super) const PORT_BY_INDEX: &str = "errs.(*errorString).Wrap() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/errs/error.go:40 -> datautil.GetElemByIndex() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/utils/datautil/datautil.go:728";

/// Behind automatic ports without etcd.
pub(super) const ONLY_ETCD: &str = "errs.(*errorString).Wrap() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/errs/error.go:40 -> startrpc.Start[...]() /openim-server/pkg/common/startrpc/start.go:130";

/// Behind retainChatRecords below 1.
pub(super) const RETAIN: &str = "errs.(*errorString).Wrap() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/errs/error.go:40 -> tools.Start() /openim-server/internal/tools/cron_task.go:45 -> cmd.(*CronTaskCmd).runE() /openim-server/pkg/common/cmd/cron_task.go:54 -> cmd.NewCronTaskCmd.func1() /openim-server/pkg/common/cmd/cron_task.go:44";

/// Behind Redis that does not answer.
pub(super) const REDIS: &str = "redisutil.NewRedisClient() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/db/redisutil/redis.go:111";

/// Behind a request that the other side refused.
pub(super) const CLIENT: &str = "mw.RpcClientInterceptor() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/rpc_client_interceptor.go:58 -> grpc.(*ClientConn).Invoke() /go/pkg/mod/google.golang.org/grpc@v1.71.0/call.go:35";

/// Behind a request that found nobody.
pub(super) const CLIENT_UNAVAILABLE: &str = "mw.RpcClientInterceptor() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/rpc_client_interceptor.go:63 -> grpc.(*ClientConn).Invoke() /go/pkg/mod/google.golang.org/grpc@v1.71.0/call.go:35";

/// Behind a request that a service refused.
pub(super) const SERVER: &str = "startrpc.Start[...].prommetricsUnaryInterceptor.func11() /openim-server/pkg/common/startrpc/start.go:284 -> grpc.getChainUnaryHandler.func1() /go/pkg/mod/google.golang.org/grpc@v1.71.0/server.go:1217 -> mw.RpcServerInterceptor() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/rpc_server_interceptor.go:40 -> grpc.(*Server).processUnaryRPC() /go/pkg/mod/google.golang.org/grpc@v1.71.0/server.go:1405 -> grpc.(*Server).handleStream() /go/pkg/mod/google.golang.org/grpc@v1.71.0/server.go:1816 -> grpc.(*Server).serveStreams.func2.1() /go/pkg/mod/google.golang.org/grpc@v1.71.0/server.go:1036";

/// Behind a request body that is no JSON, as the API prints it to the client, up to [`ROUTER`].
pub(super) const BAD_JSON: &str = "jsonutil.JsonUnmarshal() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/utils/jsonutil/json.go:28 -> a2r.jsonBinding.BindBody() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/a2r/api2rpc.go:100 -> a2r.jsonBinding.Bind() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/a2r/api2rpc.go:96 -> gin.(*Context).ShouldBindWith() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:741 -> a2r.ParseRequestNotCheck[...]() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/a2r/api2rpc.go:63 -> a2r.Call[...]() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/a2r/api2rpc.go:27 -> api.(*AuthApi).GetAdminToken() /openim-server/internal/api/auth.go:32 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:175";

/// The first frame of the router, whose number differs between the generations.
pub(super) const PARSE_TOKEN: &str =
    "api.newGinRouter.GinParseToken.func4() /openim-server/internal/api/router.go:307";

/// The same in main.
pub(super) const PARSE_TOKEN_MAIN: &str =
    "api.newGinRouter.GinParseToken.func6() /openim-server/internal/api/router.go:311";

/// The rest of the router, behind everything that happens in an HTTP request.
pub(super) const ROUTER: &str = "gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:175 -> api.newGinRouter.GinParseOperationID.func3() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/gin.go:62 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:175 -> api.newGinRouter.CorsHandler.func2() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/gin.go:46 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174 -> gin.CustomRecoveryWithWriter.func1() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:172 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:175 -> api.newGinRouter.prommetricsGin.func1() /openim-server/internal/api/router.go:43 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174 -> gzip.(*gzipHandler).Handle() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:172 -> gin.(*Context).Next() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174 -> gin.(*Engine).handleHTTPRequest() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:172 -> gin.(*Engine).ServeHTTP() /go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/gin.go:578 -> http.serverHandler.ServeHTTP() /usr/local/go/src/net/http/server.go:3312 -> http.(*conn).serve() /usr/local/go/src/net/http/server.go:2068";
