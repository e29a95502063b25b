#!/bin/sh
date > /run/dong-goi
