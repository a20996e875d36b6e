#!/usr/bin/env python3
"""Stands in for a benchmark that takes long."""

import time

time.sleep(60)
