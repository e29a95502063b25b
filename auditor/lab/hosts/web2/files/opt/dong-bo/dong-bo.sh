#!/bin/sh
# Đồng bộ văn bản từ ổ dùng chung, hiện không chạy
exit 0
