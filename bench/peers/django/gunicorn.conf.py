"""gunicorn's settings. GUNICORN_CMD_ARGS overrides them, to try others: `--worker-class gthread --threads 4`."""

import os

wsgi_app = "wsgi:application"
worker_class = "sync"
workers = len(os.sched_getaffinity(0))
# Django is loaded once and its memory shared by the workers.
preload_app = True
# The workers' heartbeat stays off the disk.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
loglevel = "warning"
