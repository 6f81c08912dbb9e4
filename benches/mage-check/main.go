// What `mage check` does, as far as it is known from watching it: for the benchmark, in its own language and with
// the library that it uses. It reads the program path of every process, compares the number of each service with
// start-config.yml, and prints command line and listening ports of each process. Nothing is asked of any of them.
// The second that the real one sleeps on success is left out; the table says so.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/process"
)

func main() {
	root := os.Args[1]
	programs := filepath.Join(root, "_output/bin/platforms", runtime.GOOS, runtime.GOARCH)
	running := byProgram()
	well := true
	for name, expected := range expectedCounts(filepath.Join(root, "start-config.yml")) {
		path := filepath.Join(programs, name)
		if got := len(running[path]); got != expected {
			fmt.Printf("binary %s is not running as expected: %s expected %d processes, but %d running\n", name, path, expected, got)
			well = false
		}
	}
	if !well {
		os.Exit(1)
	}
	fmt.Println("All services are running normally.")
	for path, processes := range running {
		if strings.HasPrefix(path, programs) {
			for _, one := range processes {
				printPorts(one)
			}
		}
	}
}

// Processes whose path cannot be read are skipped, silently.
func byProgram() map[string][]*process.Process {
	found := map[string][]*process.Process{}
	all, err := process.Processes()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, one := range all {
		if path, err := one.Exe(); err == nil {
			found[path] = append(found[path], one)
		}
	}
	return found
}

func printPorts(one *process.Process) {
	command, _ := one.Cmdline()
	connections, _ := one.Connections()
	ports := []string{}
	for _, connection := range connections {
		if connection.Status == "LISTEN" {
			ports = append(ports, strconv.Itoa(int(connection.Laddr.Port)))
		}
	}
	if len(ports) == 0 {
		fmt.Printf("Cmdline: %s, PID: %d is not listening on any ports.\n", command, one.Pid)
		return
	}
	fmt.Printf("Cmdline: %s, PID: %d is listening on ports: %s\n", command, one.Pid, strings.Join(ports, ", "))
}

// The lines `  openim-api: 1` of the map serviceBinaries.
func expectedCounts(path string) map[string]int {
	file, err := os.Open(path)
	if err != nil {
		fmt.Println("error reading YAML file:", err)
		os.Exit(1)
	}
	defer file.Close()
	counts := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, count, found := strings.Cut(strings.TrimSpace(lines.Text()), ": ")
		if number, err := strconv.Atoi(count); found && err == nil && strings.HasPrefix(name, "openim-") {
			counts[name] = number
		}
	}
	return counts
}
