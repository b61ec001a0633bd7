module example.org/idpmc/producer

go 1.22

require (
	github.com/google/uuid v1.6.0
	github.com/twmb/franz-go v1.17.1
)

require (
	github.com/klauspost/compress v1.17.8 // indirect
	github.com/pierrec/lz4/v4 v4.1.21 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.8.0 // indirect
)
