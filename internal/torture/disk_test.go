package torture

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// shortage takes a disk's room away from the program and gives it back.
type shortage struct {
	name        string
	take, leave func(t *testing.T, tr *trial)
}

// roomFor limits how far into a file the process may write, from outside and without rights: what lies beyond fails as on a full disk.
func roomFor(t *testing.T, process int, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(process), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if failed != 0 {
		t.Fatalf("limit the program's files: %v", failed)
	}
}

// While the disk is full, or its files may only be read, nothing is acknowledged that is not stored, the program stays up and says what is wrong,
// and it goes on by itself when that is mended. What was with a provider meanwhile is neither lost nor doubled.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	for _, s := range []shortage{
		{"no file may grow", func(t *testing.T, tr *trial) { roomFor(t, tr.running.Process.Pid, 4096) },
			func(t *testing.T, tr *trial) { roomFor(t, tr.running.Process.Pid, ^uint64(0)) }},
		{"no block is free", func(t *testing.T, tr *trial) { fill(t, filepath.Join(tr.folder, "ballast")) },
			func(t *testing.T, tr *trial) {
				if err := os.Remove(filepath.Join(tr.folder, "ballast")); err != nil {
					t.Fatal(err)
				}
			}},
		{"the files are read-only", func(t *testing.T, tr *trial) { immutable(t, tr.folder, true) }, func(t *testing.T, tr *trial) { immutable(t, tr.folder, false) }},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			fullDisk(t, s)
		})
	}
}

// fill writes until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	f.Close()
}

// immutable makes the data read-only under the running program, or writable again: also for root, and for files that are open already. The
// database's index in shared memory is left alone: it is mapped, and whoever writes to a map that became read-only is ended by the kernel.
func immutable(t *testing.T, folder string, read bool) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.db*"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{map[bool]string{true: "+i", false: "-i"}[read], folder}
	for _, name := range names {
		if !strings.HasSuffix(name, "-shm") {
			args = append(args, name)
		}
	}
	if out, err := exec.Command("chattr", args...).CombinedOutput(); err != nil {
		t.Skipf("only root may make files immutable, and not on every file system: %s", out)
	}
	if read {
		// However the test ends, its folder has to go.
		t.Cleanup(func() { exec.Command("chattr", append([]string{"-i"}, args[1:]...)...).Run() })
	}
}

// smallDisk puts the data on a disk of its own.
func smallDisk(t *testing.T, c *clinic) {
	t.Helper()
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("only root may mount a small disk (the limit on files is tried all the same): %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", disk).CombinedOutput(); err != nil {
			t.Errorf("unmount: %s", out)
		}
	})
	if out, err := exec.Command("cp", "-a", c.folder+"/.", disk).CombinedOutput(); err != nil {
		t.Fatalf("copy: %s", out)
	}
	c.folder = disk
}

func fullDisk(t *testing.T, s shortage) {
	const visits = 60
	tr := begin(t, size{seed: 7}, "mailgun", visits)
	tr.kind.Store(true)
	if s.name == "no block is free" {
		smallDisk(t, tr.clinic)
	}
	tr.start(t, monday)
	refused, said := 0, map[string]bool{}
	for i := range visits {
		if i%10 == 5 {
			s.take(t, tr)
		}
		id := fmt.Sprintf("visit%010d", i)
		start := time.Date(2027, 3, 4, 8, 15, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
		status, answer := tr.ask(http.MethodPost, "/api/collections/bookings/records", tr.visit(id, i, start))
		switch {
		case status == http.StatusOK:
			tr.visits = append(tr.visits, id)
		case status == 0:
			t.Fatalf("the program is gone:\n%s", tr.said.String())
		default:
			refused++
			said[fmt.Sprintf("%d %s", status, answer)] = true
		}
		if i%10 == 9 {
			if status, _ := tr.ask(http.MethodGet, "/api/health", nil); status != http.StatusOK {
				t.Errorf("with a full disk the program answers %d", status)
			}
			s.leave(t, tr)
		}
	}
	if refused == 0 {
		t.Error("the disk was never full: nothing was refused")
	}
	t.Logf("%d visits stored, %d refused with %v", len(tr.visits), refused, said)
	for answer := range said {
		if !strings.HasPrefix(answer, "503 ") || !strings.Contains(answer, "Nothing was saved") {
			t.Errorf("a refusal does not say that the disk is at fault: %s", answer)
		}
		if strings.Contains(answer, tr.folder) {
			t.Errorf("a refusal tells of the machine: %s", answer)
		}
	}
	clock := tr.die(0)
	tr.start(t, clock.Add(6*time.Minute))
	for range 6 {
		go tr.dispatch()
		time.Sleep(30 * time.Millisecond)
		s.take(t, tr)
		tr.dispatch()
		time.Sleep(200 * time.Millisecond)
		s.leave(t, tr)
		time.Sleep(50 * time.Millisecond)
	}
	for range 40 {
		tr.dispatch()
		if left := tr.count("state = 'queued' && send_at <= '2027-03-01 23:00:00.000Z'"); left == 0 {
			break
		}
		time.Sleep(250 * time.Millisecond)
	}
	if left := tr.count("state = 'queued' && send_at <= '2027-03-01 23:00:00.000Z'"); left != 0 {
		t.Errorf("with room on the disk %d messages still wait: the program does not go on by itself", left)
	}
	clock = tr.calm(tr.die(6 * time.Minute))
	tr.calm(time.Date(2027, 3, 2, 8, 1, 0, 0, time.UTC))
	tr.account()
}
