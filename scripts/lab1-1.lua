#!/usr/bin/env oslua
-- Lab 1-1: start the first server.
-- 실습 1-1: 첫 서버를 띄웁니다.
return require "labs.lab1-1"
