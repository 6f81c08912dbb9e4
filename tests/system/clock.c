/* A clock that can be put: the seconds in /run/clock-step are added to the time on the wall. Loaded into journald. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long step(void) {
        char text[32] = "";
        int fd = open("/run/clock-step", O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
                if (read(fd, text, sizeof text - 1) < 0)
                        text[0] = 0;
                close(fd);
        }
        return atol(text);
}

int clock_gettime(clockid_t id, struct timespec *time) {
        int result = syscall(SYS_clock_gettime, id, time);
        if (result == 0 && id == CLOCK_REALTIME)
                time->tv_sec += step();
        return result;
}
